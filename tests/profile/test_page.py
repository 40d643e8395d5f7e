"""The page of a report in a real browser: what it draws, what can be done with it, and that data
stays data."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from browser import CHROMIUM, Browser

ROOT = Path(__file__).resolve().parents[2]
EVIL = "</script><img src=x onerror=document.title='taken'>"

KERNELS = '''\
import numpy as np

import nki
import nki.isa as nisa
import nki.language as nl


@nki.jit
def blocks(x, w):
    """</script><img src=x onerror="document.title='taken'"> & <!-- <script>"""
    out = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.shared_hbm)
    weights = nl.ndarray((128, 128), dtype=w.dtype, buffer=nl.sbuf, name="weights")
    nisa.dma_copy(weights, w)
    for i in range(x.shape[1] // 512):
        tile = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[:, i * 512 : (i + 1) * 512])
        product = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.psum)
        nisa.nc_matmul(product, weights, tile, name="EVIL")
        result = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.sbuf)
        nisa.activation(result, nl.exp, product)
    nisa.dma_copy(out, result)
    return out


x = np.zeros((128, 2048), np.float32)
blocks(x, x[:, :128])
blocks(x[:, :1024], x[:, :128])
'''.replace("EVIL", EVIL.replace("'", "\\'").replace('"', '\\"'))


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    script = folder / "<b>ev&il.py"
    script.write_text(KERNELS)
    path = folder / "report.html"
    done = subprocess.run(
        [ROOT / "bin/trainyard", "run", "--quiet", "--report", path, script],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM:
        pytest.skip("chromium is not installed (packages.txt)")
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def opened(browser, page):
    """The report, with two kernels of 14 and 8 instructions."""
    assert browser.open(page) == 14
    yield browser
    assert browser.console == []
    assert browser.requests == [page.as_uri()], "a report asks nothing of the network"


def pixels(browser):
    """Colours of the timeline -> how many of its pixels have them."""
    return browser.run(
        """(() => {
          const canvas = document.getElementById("canvas");
          const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          const counts = {};
          for (let i = 0; i < data.length; i += 4) {
            const colour = [data[i], data[i + 1], data[i + 2], data[i + 3]].join();
            counts[colour] = (counts[colour] || 0) + 1;
          }
          return counts;
        })()"""
    )


def settled(browser):
    """Waits until what was asked for is painted."""
    browser.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def text(browser, selector):
    return browser.run(f"document.querySelector({selector!r}).textContent")


def test_lanes_and_memory_are_painted(opened):
    names = opened.run("trainyard.timeline.rows.map((row) => row.name)")
    assert names == ["tensor", "scalar", "dma load", "dma store", "in flight", "SBUF", "PSUM"]
    drawn = pixels(opened)
    palette = opened.run("[...trainyard.colours.kinds.values()]")
    for colour in palette:
        rgb = ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
        assert drawn.get(f"{rgb},255", 0) > 50, f"no bar in {colour}"
    accent = opened.run("trainyard.colours.accent")
    rgb = ",".join(str(int(accent[at : at + 2], 16)) for at in (1, 3, 5))
    assert drawn.get(f"{rgb},255", 0) > 50, "the critical path is highlighted"


def test_intervals_arrive_as_they_were_timed(opened, page):
    """What the columns unpack to agrees with the tables, which are plain JSON."""
    lanes = opened.run(
        """trainyard.kernel.lanes.map((lane) => ({name: lane.name, busy:
          trainyard.kernel.busyBefore[lane.end] - trainyard.kernel.busyBefore[lane.first]}))"""
    )
    engines = opened.run("trainyard.kernel.tables.engines")
    assert {x["name"]: x["busy"] for x in lanes} == {x["name"]: x["busy_ps"] for x in engines}
    last = opened.run("Math.max(...trainyard.kernel.end)")
    assert last == opened.run("trainyard.kernel.tables.time.ps")
    path = opened.run("[...trainyard.kernel.pathTime.values()].reduce((a, b) => a + b)")
    assert path == opened.run("trainyard.kernel.tables.critical_path.time_ps")


def test_search_by_fragment_and_by_typing(browser, page):
    browser.open(page, "#find=matmul")
    browser.wait("document.getElementById('found').textContent == '1 of 4'")
    settled(browser)
    assert "nc_matmul" in text(browser, "#detail h3")
    browser.press("/")
    browser.run("document.getElementById('find').select()")
    for letter in "weights":
        browser.press(letter)
    browser.wait("document.getElementById('found').textContent == '5 found'")
    browser.press("Enter")
    browser.wait("document.getElementById('found').textContent.endsWith('of 5')")
    assert browser.console == []


def test_lines_are_found_whole(opened):
    assert (
        opened.run("trainyard.search.set('il.py:16').then(() => trainyard.search.matches.length)")
        == 4
    )
    assert (
        opened.run("trainyard.search.set('il.py:1').then(() => trainyard.search.matches.length)")
        == 0
    )


def test_keys_move_zoom_and_walk(opened):
    axis = "[trainyard.timeline.axis.from, trainyard.timeline.axis.to]"
    opened.run("document.getElementById('canvas').focus()")
    whole = opened.run(axis)
    opened.press("w")
    zoomed = opened.run(axis)
    assert zoomed[1] - zoomed[0] < whole[1] - whole[0]
    opened.press("ArrowRight")
    moved = opened.run(axis)
    assert moved[0] > zoomed[0] and moved[1] - moved[0] == pytest.approx(zoomed[1] - zoomed[0])
    opened.press("0")
    assert opened.run(axis) == pytest.approx(whole)
    walked = []
    for _ in range(3):
        opened.press("]")
        walked.append(opened.run("trainyard.timeline.look.selected"))
    assert walked == opened.run("[...trainyard.kernel.path].slice(0, 3)")
    opened.press("Escape")
    assert opened.run("trainyard.timeline.look.selected") == -1


def test_a_click_shows_operands_source_and_cause(opened):
    box = opened.run(
        """(() => {
          const {axis, rows} = trainyard.timeline, {kernel} = trainyard;
          const i = kernel.lanes.find((lane) => lane.name == "scalar").first + 1;
          const box = document.getElementById("canvas").getBoundingClientRect();
          return [box.left + axis.x((kernel.start[i] + kernel.freed[i]) / 2),
                  box.top + rows[1].top + 12];
        })()"""
    )
    opened.click(*box)
    opened.wait("document.querySelector('#detail code') !== null")
    shown = text(opened, "#detail")
    assert text(opened, "#detail h3") == "activation"
    assert "<b>ev&il.py:20" in shown
    assert re.search(r"waited for\s*nc_matmul", shown)
    assert "dst=t" in shown and "float32[128, 512] in PSUM" in shown


def test_the_other_kernel(opened):
    options = opened.run("[...document.querySelectorAll('#kernels option')].map((o) => o.text)")
    assert len(options) == 2
    opened.run("trainyard.show(1)")
    opened.wait("document.documentElement.dataset.ready == 8")


@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark(browser, page, dark):
    browser.open(page, dark=dark)
    background = browser.run("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", background))) / 3
    assert brightness < 64 if dark else brightness > 192
    charts = browser.run("document.querySelectorAll('.chart canvas').length")
    assert charts == 3
    settled(browser)
    assert len(pixels(browser)) > 10


def test_names_and_sources_are_never_markup(opened, page):
    assert "<b>ev&il.py" in text(opened, "#source")
    assert EVIL in opened.run("trainyard.kernel.labels.join()")
    assert opened.run("document.querySelectorAll('img, b[id], #source b').length") == 0
    assert opened.run("document.title") == "blocks on trn2"
    html = page.read_text()
    assert "onerror" in html, "the source is in the page"
    assert html.count("</script>") == html.count("<script")


def test_a_damaged_page_says_so(browser, page, tmp_path):
    html = page.read_text()
    damaged = re.sub(r'(id="k0-intervals">.{20})', r"\1AAAA", html)
    (tmp_path / "damaged.html").write_text(damaged)
    with pytest.raises(AssertionError, match="damaged"):
        browser.open(tmp_path / "damaged.html")
