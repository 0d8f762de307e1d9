"""A plan as a workflow of GitHub Actions: its independent parts as jobs, then text."""
