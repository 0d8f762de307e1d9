from command_line import PROJECTS, CommandLine


def test_a_framework_that_only_apples_sdk_has(command_line: CommandLine):
    recipes = command_line.folder / "recipes"
    recipes.mkdir()
    (recipes / "c-setuptools.toml").write_text(
        '[[release]]\nneeds = { frameworks = ["CoreFoundation"] }\n'
    )
    message = command_line.refused(
        PROJECTS / "c-setuptools", "--recipes", recipes, code="TCH004", status=3
    )
    assert "needed for CoreFoundation" in message
