import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.resolve.setup_py import Stated, stated_requirements


def stated(setup_py: str, **others: str) -> Stated | None:
    names = {"cfg": "setup.cfg", "toml": "pyproject.toml"}
    files = {"setup.py": setup_py, **{names[key]: text for key, text in others.items()}}
    return stated_requirements(files)


def test_literals():
    found = stated(
        "from setuptools import setup\n"
        "setup(name='x', install_requires=['numpy>=1.20', \"six ; python_version < '3'\"],\n"
        "      python_requires='>=3.8',\n"
        "      extras_require={'Fast_Path': ['cython'],\n"
        "                      ':sys_platform == \"win32\"': ['pywin32'],\n"
        "                      'io:os_name == \"nt\"': 'colorama'})\n"
    )
    assert found == Stated(
        name="x",
        requires_dist=(
            "numpy>=1.20",
            'six; python_version < "3"',
            'cython; extra == "fast-path"',
            'pywin32; sys_platform == "win32"',
            'colorama; os_name == "nt" and extra == "io"',
        ),
        requires_python=">=3.8",
        extras=("fast-path", "io"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "setup(name='x')",
        "import setuptools\nsetuptools.setup(ext_modules=[Extension('a', ['a.c'])])",
        "try:\n    setup(name='x', ext_modules=[e])\nexcept SystemExit:\n    setup(name='x')",
        "args = dict(name='x')\nargs['ext_modules'] = [e]\nsetup(**args)",
        "REQUIRES = []\nsetup(install_requires=REQUIRES)",
        "setup(setup_requires=['cython', 'numpy'])",
    ],
)
def test_nothing_is_required(text: str):
    found = stated(text)
    assert found
    assert found.requires_dist == found.extras == ()


def test_a_name_that_is_set_once():
    found = stated("NEEDS = '''\nnumpy\n# why\nsix>=1\n'''\nsetup(install_requires=NEEDS)")
    assert found
    assert found.requires_dist == ("numpy", "six>=1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "setup(install_requires=open('r.txt').read().split())",
        "setup(install_requires=[n for n in names])",
        "NEEDS = ['a']\nif windows:\n    NEEDS.append('b')\nsetup(install_requires=NEEDS)",
        "NEEDS = ['a']\nNEEDS = NEEDS + ['b']\nsetup(install_requires=NEEDS)",
        "if x:\n    NEEDS = ['a']\nsetup(install_requires=NEEDS)",
        "from other import args\nsetup(**args)",
        "args = read()\nsetup(**args)",
        "args = dict()\nargs.update(other)\nsetup(**args)",
        "args = {}\nargs['install_requires'] = ['a']\nsetup(**args)",
        "setup(setup_requires=['pbr'], pbr=True)",
        "setup(setup_requires=['something-else'])",
        "setup(install_requires=['a'])\nsetup(install_requires=['b'])",
        "setup(install_requires=['not a requirement'])",
        "setup('x')",
        "print 'Python 2'\nsetup()",
    ],
)
def test_what_only_the_backend_can_tell(text: str):
    assert stated(text) is None


def test_setup_cfg():
    found = stated(
        "from setuptools import setup\nsetup()",
        cfg="[options]\npython_requires = >=3.8\ninstall_requires =\n    numpy\n    six>=1\n"
        "[options.extras_require]\ntest = pytest; coverage\n",
    )
    assert found == Stated(
        requires_dist=("numpy", "six>=1", 'pytest; extra == "test"', 'coverage; extra == "test"'),
        requires_python=">=3.8",
        extras=("test",),
    )
    alone = {"setup.cfg": "[options]\ninstall_requires = six\n"}
    assert stated_requirements(alone) == Stated(requires_dist=("six",))


@pytest.mark.parametrize(
    "others",
    [
        {"cfg": "[options]\ninstall_requires = file: requirements.txt\n"},
        {"cfg": "[options]\ninstall_requires = six\n"},  # which of both?
        {"cfg": "nonsense"},
        {"toml": "[project]\nname = 'x'\ndynamic = ['dependencies']\n"},
        {"toml": "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"},
        {"toml": "[build-system]\nrequires = ['setuptools', 'pbr']\n"},
        {"toml": "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'own'\n"},
        {"toml": "= nonsense"},
    ],
)
def test_other_files_that_have_a_say(others: dict[str, str]):
    assert stated("setup(install_requires=['numpy'])") == Stated(requires_dist=("numpy",))
    assert stated("setup(install_requires=['numpy'])", **others) is None


@given(st.text(max_size=200), st.text(max_size=100), st.text(max_size=100))
def test_no_text_is_too_odd(setup_py: str, cfg: str, toml: str):
    stated(setup_py, cfg=cfg, toml=toml)


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)


@given(st.lists(NAMES, max_size=4), st.dictionaries(NAMES, st.lists(NAMES, max_size=3), max_size=3))
def test_literals_are_read_as_python_reads_them(needs: list[str], extras: dict[str, list[str]]):
    found = stated(f"setup(install_requires={needs!r}, extras_require={extras!r})")
    assert found
    assert [text for text in found.requires_dist if ";" not in text] == needs
    assert sum(map(len, extras.values())) == len(found.requires_dist) - len(needs)
    assert found.extras == tuple(sorted(extras))
