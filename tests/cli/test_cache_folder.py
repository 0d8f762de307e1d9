from command_line import PROJECTS, CommandLine


def test_a_cache_that_cant_be_made(command_line: CommandLine):
    (command_line.folder / "file").touch()
    command_line.env["ORCHESTRATE_CACHE"] = str(command_line.folder / "file" / "cache")
    message = command_line.refused(PROJECTS / "c-setuptools", code="CCH001", status=2)
    assert "file/cache" in message
