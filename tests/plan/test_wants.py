import msgspec
from sample_plans import TARGET, plan_step

from orchestrator.model import BuildSettings, Closure, DistFile, Locked, Platform, Target
from orchestrator.plan.wants import for_host, for_target, lacking, named_for_target

HOST = Target(
    platform=Platform(os="linux", arch="x86_64", minimum=(2, 36), libc="glibc"),
    interpreter=TARGET.interpreter,
)
PURE = DistFile(filename="tool-1.0-py3-none-any.whl", url="u")
NATIVE = DistFile(filename="numpy-1.0-cp311-cp311-manylinux_2_28_x86_64.whl", url="u")
STEP = plan_step(1).step
REQUIRES = (
    Locked(name="tool", version="1.0", wheel=PURE),
    Locked(name="numpy", version="1.0", wheel=NATIVE),
    Locked(name="netifaces", version="0.11.0"),
)


def test_a_closure_lacks_what_has_no_wheel() -> None:
    closure = Closure(target=TARGET, packages=REQUIRES)
    (want,) = lacking(closure)
    assert want.label == f"netifaces==0.11.0 for {TARGET}"
    assert not want.served
    assert str(TARGET) in want.why


def test_build_requirements_without_a_wheel_are_made_for_the_host() -> None:
    (want,) = for_host(STEP, REQUIRES, HOST)
    assert want.label == f"netifaces==0.11.0 for {HOST}"
    assert want.served


def test_build_requirements_that_may_hold_code_may_have_to_be_the_target_s() -> None:
    labels = [want.label for want in for_target(STEP, REQUIRES)]
    assert labels == [f"numpy==1.0 for {TARGET}", f"netifaces==0.11.0 for {TARGET}"]


def test_so_are_those_that_the_recipe_names() -> None:
    settings = BuildSettings(target_build_requires=("Tool>=1",))
    step = msgspec.structs.replace(STEP, settings=settings)
    assert named_for_target(step) == {"tool"}
    wanted = [want.locked.name for want in for_target(step, REQUIRES)]
    assert wanted == ["tool", "numpy", "netifaces"]
