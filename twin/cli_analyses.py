"""Commands of the analyses: ``life-circle``, ``service-radius``, ``site`` and ``coverage``.

Through a running server when there is one, else on the home itself; either way
the numbers are those of the page.
"""

from __future__ import annotations

import argparse
import time
import urllib.parse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twin import remote
from twin.errors import InputError
from twin.settings import Settings
from twin.store import Store

Result = dict[str, Any]
Progress = Callable[[float, str], None]
_STUDY = ("standard", "group", "measure", "speed_mps", "scenario")
_FORMATS = (".csv", ".parquet", ".md")
_RASTERS = (".tif", ".csv", ".md")
_WEIGHTS = ("people", "residential_floor_area", "residential_land", "buildings")


def add(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the commands and their options; ``command(name, text)`` makes a parser."""
    circle = command("life-circle", "15 分钟生活圈覆盖率 coverage of the 15-minute life circle")
    _study_options(circle)
    circle.add_argument(
        "--no-interval", action="store_true", help="不算区间，较快 leave the interval out, faster"
    )
    circle.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="另存为 .csv、.parquet 或 .md also write table, buildings or method",
    )
    radius = command("service-radius", "服务半径覆盖率，直线与路网 coverage by straight and network radius")
    radius.add_argument("layer", help="设施图层 layer of the facilities, such as parcel_locker")
    radius.add_argument("--distance", type=float, metavar="M", help="服务半径，米 radius in metres")
    radius.add_argument("--group", metavar="G", help="人群 group of people")
    site = command("site", "新设施选址 best places of new facilities")
    _study_options(site)
    site.add_argument("--category", metavar="C", help="设施类别，缺省 centre category, centre when left out")
    site.add_argument("-p", type=int, metavar="N", help="数量 number of sites")
    site.add_argument("--objective", choices=("people", "fair", "target"), help="目标 objective")
    site.add_argument("--candidates", choices=("land_use", "buildings"), help="候选来源 where they may go")
    site.add_argument(
        "--method", choices=("swap", "exact"), default="exact", help="求解 quick choice, or with proof"
    )
    site.add_argument("--time-limit", type=float, metavar="S", help="证明时限，秒 seconds for the proof")
    _coverage_options(command("coverage", "5G 覆盖 coverage by 5G"))


def _coverage_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--band", metavar="B", help="频段 carrier: GHz such as 3.5, or id such as n78")
    parser.add_argument("--resolution", type=float, metavar="M", help="栅格边长，米 cell size in metres")
    parser.add_argument(
        "--radius", type=float, metavar="M", help="计算半径，米 how far a sector is computed, metres"
    )
    parser.add_argument("--profile", metavar="NAME", help="达标口径 criteria, such as sa-standard")
    parser.add_argument("--model", choices=("38.901", "hybrid"), help="传播模型 propagation model")
    parser.add_argument("--floor", type=int, metavar="N", help="楼层 floors above the ground floor, indoors")
    parser.add_argument("--scenario", metavar="ID", help="情景 scenario applied first")
    parser.add_argument("--metric", metavar="NAME", help="写出的指标，缺省 rsrp_dbm raster that --out writes")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="另存为 .tif (COG)、.csv 或 .md also write raster, table or method",
    )


def _study_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--standard", metavar="S", help="规则 rules, such as gb50180-2018")
    parser.add_argument("--group", metavar="G", help="人群 group of people, such as adult or elderly")
    parser.add_argument("--measure", metavar="M", help="口径 fifteen | tiers | centre | category:ID")
    parser.add_argument("--speed-mps", type=float, metavar="V", help="速度 speed instead of the group's, m/s")
    parser.add_argument("--scenario", metavar="ID", help="情景 scenario applied first")


def life_circle(options: argparse.Namespace, settings: Settings, progress: Progress | None) -> Result:
    """Rates of every area under the four denominators, with target, gap, interval and evidence."""
    out: Path | None = options.out
    if out is not None and (out.suffix not in _FORMATS or not out.resolve().parent.is_dir()):
        raise InputError(
            f"无法写入 {out}：文件须以 {'、'.join(_FORMATS)} 结尾，目录须存在。",
            f"cannot write {out}: its name must end in {', '.join(_FORMATS)} and its folder must be there.",
        )
    given = _given(options, _STUDY)
    server = remote.running(settings.home)
    if server is not None:
        query = urllib.parse.urlencode(given | ({} if options.no_interval else {"interval": "1"}))
        told: Result = server.json("GET", f"/api/life-circle?{query}")
        if out is not None:
            server.download(f"/api/life-circle/export{out.suffix}?{urllib.parse.urlencode(given)}", out)
        return told | {"text": _table(told["areas"])}

    from twin.analysis import report
    from twin.analysis.study import Studies

    with _open(settings) as store:
        studies, scenario = Studies(store), str(given.pop("scenario", ""))
        parameters = _parameters(given)
        study, base = studies.study(parameters, scenario)
        spread = None if options.no_interval else studies.spread(parameters, scenario, progress)
        told = report.summary(store, study, base, spread)
        if out is not None:
            report.write(store, study, out, base=base, spread=spread)
    return told | {"text": _table(told["areas"])}


def service_radius(options: argparse.Namespace, settings: Settings, progress: Progress | None) -> Result:
    """Coverage by straight-line and network radius, side by side."""
    del progress
    given = {"layer": options.layer} | {
        name: value
        for name, value in (("distance_m", options.distance), ("group", options.group))
        if value is not None
    }
    server = remote.running(settings.home)
    if server is not None:
        told: Result = server.json("GET", f"/api/service-radius?{urllib.parse.urlencode(given)}")
    else:
        from twin.analysis import service_radius as analysis
        from twin.analysis.choices import model
        from twin.analysis.city import City

        with _open(settings) as store:
            told = analysis.report(store, City.read(store), model(analysis.Parameters, given))
    lines = [f"{'名称 name':<16} {'直线 straight':>16} {'路网 network':>16}"]
    lines += [
        f"{row['name']:<16} {_percent(row['straight']['people']):>16} {_percent(row['network']['people']):>16}"
        for row in told["areas"]
    ]
    return told | {"text": "\n".join(lines)}


def site(options: argparse.Namespace, settings: Settings, progress: Progress | None) -> Result:
    """The best places of new facilities, each with its gain, and how much better a choice could be."""
    question = _given(options, ("category", "p", "objective", "candidates"))
    question |= {"exact": options.method == "exact"}
    if options.time_limit is not None:
        question["time_limit_s"] = options.time_limit
    given = _given(options, _STUDY)
    server = remote.running(settings.home)
    if server is not None:
        task = server.json("POST", "/api/life-circle/sites", given | question)
        while task["status"] in ("waiting", "running"):
            time.sleep(0.2)
            task = server.json("GET", f"/api/tasks/{task['id']}")
            if progress is not None:
                progress(task["progress"], task["stage"].get("zh", ""))
        if task["status"] != "done":
            error = task["error"] or {"zh": "已取消。", "en": "cancelled."}
            raise InputError(error["zh"], error["en"])
        told: Result = task["result"]
    else:
        from twin.analysis import candidates
        from twin.analysis.choices import model
        from twin.analysis.study import Studies

        with _open(settings) as store:
            scenario = str(given.pop("scenario", ""))
            study, _ = Studies(store).study(_parameters(given), scenario)
            asked = model(candidates.Question, question)
            found = candidates.gather(store, study, asked)
            told = candidates.solve(study, found, asked, method=options.method).as_dict()
    lines = [
        f"{'序 rank':>7} {'经度 lon':>12} {'纬度 lat':>11} {'新增人口 gain':>14} {'覆盖率 rate':>12}  名称 name"
    ]
    lines += [
        f"{row['rank']:>7} {row['lon']:>12.6f} {row['lat']:>11.6f} {row['gain_people']:>14,} "
        f"{_percent(row['rate']):>12}  {row['name']}"
        for row in told["chosen"]
    ]
    return told | {"text": "\n".join(lines)}


def coverage(options: argparse.Namespace, settings: Settings, progress: Progress | None) -> Result:
    """Rates of 5G coverage by area, roads, scenes, weak spots, and files."""
    out: Path | None = options.out
    if out is not None and (out.suffix not in _RASTERS or not out.resolve().parent.is_dir()):
        raise InputError(
            f"无法写入 {out}：文件须以 {'、'.join(_RASTERS)} 结尾，目录须存在。",
            f"cannot write {out}: its name must end in {', '.join(_RASTERS)} and its folder must be there.",
        )
    names = {"resolution": "resolution_m", "radius": "radius_m"}
    given = {
        names.get(name, name): value
        for name, value in _given(
            options, ("band", "resolution", "radius", "profile", "model", "floor", "scenario")
        ).items()
    }
    metric = options.metric or "rsrp_dbm"
    server = remote.running(settings.home)
    if server is not None:
        query = urllib.parse.urlencode(given)
        told: Result = server.json("GET", f"/api/coverage?{query}")
        if out is not None:
            server.download(
                f"/api/coverage/export{out.suffix}?{query}&metric={urllib.parse.quote(metric)}", out
            )
    else:
        told = _coverage(given, settings, progress, out, metric)
    files = [] if out is None else [str(out)]
    heads = ("室外面积 area", "人口 people", "道路 roads", "住宅楼 buildings")
    rates = ("area", "people", "road_length", "residential_buildings")
    lines = [f"{'名称 name':<14}" + "".join(f"{head:>18}" for head in heads)]
    lines += [
        f"{row['name']:<14}" + "".join(f"{_percent(row['rates'][name]):>18}" for name in rates)
        for row in told["areas"]
    ]
    return told | {"files": files, "text": "\n".join(lines + files)}


def _coverage(
    given: dict[str, Any], settings: Settings, progress: Progress | None, out: Path | None, metric: str
) -> Result:
    from twin.analysis.choices import model
    from twin.analysis.coverage_5g import report, result
    from twin.analysis.coverage_5g.parameters import Parameters
    from twin.analysis.coverage_5g.runs import Runs

    with _open(settings) as store:
        runs, scenario = Runs(store, settings.executor), str(given.pop("scenario", ""))
        parameters = model(Parameters, given)

        def told(stage: str, share: float) -> None:
            if progress is not None:
                progress(share, stage)

        runs.base(parameters, told)
        answer = runs.answer(parameters, scenario)
        if out is not None and out.suffix == ".tif":
            result.write(answer.found.run.rasters(), out, metric)
        elif out is not None:
            report.write(store, answer.found, out, base=answer.base)
        return report.summary(store, answer.found, answer.base)


COMMANDS: dict[str, Callable[[argparse.Namespace, Settings, Progress | None], Result]] = {
    "life-circle": life_circle,
    "service-radius": service_radius,
    "site": site,
    "coverage": coverage,
}


def _given(options: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def _parameters(given: dict[str, Any]) -> Any:
    from twin.analysis.choices import model
    from twin.analysis.life_circle import Parameters

    return model(Parameters, given)


def _open(settings: Settings) -> Store:
    return Store.open(settings.home, keep_generations=settings.keep_generations)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _table(areas: Sequence[Result]) -> str:
    heads = ("人口 people", "建筑面积 floor area", "用地 land", "栋数 buildings", "差距 gap", "区间 interval")
    lines = [f"{'名称 name':<14}" + "".join(f"{head:>20}" for head in heads)]
    for row in areas:
        low, high = row["interval"] or (None, None)
        told = [_percent(row["rates"][name]) for name in _WEIGHTS] + [_percent(row["gap"])]
        told.append("-" if low is None else f"{_percent(low)}-{_percent(high)}")
        lines.append(f"{row['name']:<14}" + "".join(f"{value:>20}" for value in told))
    return "\n".join(lines)
