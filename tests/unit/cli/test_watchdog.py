"""Workers that run but do nothing any more."""

from services.cli.watchdog import LOOK_SECONDS, STARTING_SECONDS, Watchdog


class Scene:
    """One worker under the watchdog, which looks at every step."""

    def __init__(self, age: float | None = STARTING_SECONDS) -> None:
        self.present_age = age
        self.killed: list[str] = []
        self.said: list[str] = []
        self.watchdog = Watchdog({"cases": 1}, self, self.said.append, lambda port: self.alive)
        self.alive = True
        self._now = 0.0

    def age(self, name: str) -> float | None:
        return self.present_age

    def kill(self, name: str) -> None:
        self.killed.append(name)

    def looks(self, *alive: bool) -> list[str]:
        for self.alive in alive:
            self.watchdog.step(self._now)
            self._now += LOOK_SECONDS
        return self.killed


def test_a_worker_that_stays_silent_is_killed_once_and_named() -> None:
    scene = Scene()
    assert scene.looks(True, False, False) == []
    assert scene.looks(False) == ["cases"]
    assert scene.looks(False, False) == ["cases"]
    assert scene.said == ["cases runs but does not go on; ending it"]


def test_a_moment_of_silence_is_nothing() -> None:
    assert Scene().looks(*[False, False, True] * 5) == []


def test_a_worker_that_is_starting_or_not_there_is_left_alone() -> None:
    assert Scene(age=STARTING_SECONDS - 1).looks(*[False] * 9) == []
    assert Scene(age=None).looks(*[False] * 9) == []


def test_between_looks_nothing_is_asked() -> None:
    scene = Scene()
    scene.alive = False
    for _ in range(100):
        scene.watchdog.step(1.0)
    assert scene.killed == []
