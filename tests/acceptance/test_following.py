"""A page is followed as a reader does: wrong commands and wrong outputs are noticed."""

import os
from pathlib import Path

import pytest

from tests.acceptance.following import Reader

PAGE = """
A file:

```python greeting.py
print("Hello", 42)
```

```sh
export WHOM=you
python3 greeting.py
```

```text
Hello …
```

```sh
echo "$WHOM"
```

```text
you
```

```diff greeting.py
-print("Hello", 42)
+print("Goodbye", 42)
```

```sh
python3 greeting.py
```

```text
Goodbye 42
```

```sh fails
cat nowhere.txt
```

```text
…nowhere.txt…
```
"""


def a_reader(folder: Path) -> Reader:
    return Reader(folder, {"PATH": os.environ["PATH"]})


def test_a_page_that_tells_the_truth_can_be_followed(tmp_path: Path) -> None:
    a_reader(tmp_path).follow(PAGE)

    assert (tmp_path / "greeting.py").read_text() == 'print("Goodbye", 42)\n'


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        ("Hello …", "Good morning …"),
        ("sh fails", "sh"),
        ('echo "$WHOM"', 'echo "$WHOM"; false'),
        ("…nowhere.txt…", "nowhere.txt"),
        ('-print("Hello", 42)', '-print("Hello", 41)'),
    ],
    ids=["other output", "it fails", "it should fail", "more output", "a change of other lines"],
)
def test_a_page_that_errs_is_caught(tmp_path: Path, told: str, instead: str) -> None:
    with pytest.raises(AssertionError):
        a_reader(tmp_path).follow(PAGE.replace(told, instead, 1))
