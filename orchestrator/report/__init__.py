"""What users and programs are told: progress, results and errors."""
