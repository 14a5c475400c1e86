"""``python -m twin COMMAND``: the twin without a browser.

Exit 0 when done; 2 for bad input or use, with one plain sentence on stderr; 1
only for a fault of ours. With ``--json`` stdout holds exactly one JSON document.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from twin import cli_analyses, cli_bim, cli_indicators, cli_report, describe, remote
from twin.backup import backup, restore
from twin.errors import InputError, TwinError, exit_code
from twin.export_formats import known_suffix
from twin.settings import Settings
from twin.store import Store

_log = logging.getLogger(__name__)
Result = dict[str, Any]


class _Parser(argparse.ArgumentParser):
    """argparse that speaks one sentence instead of a usage dump."""

    def error(self, message: str) -> NoReturn:
        raise InputError(
            f"命令有误：{message}。请用 python -m twin --help 查看用法。",
            f"wrong use: {message}; see python -m twin --help.",
        )


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    common = _Parser(add_help=False)
    common.add_argument("--home", type=Path, metavar="DIR", help="数据目录 folder of the twin (TWIN_HOME)")
    common.add_argument(
        "--json", action="store_true", help="只输出一个 JSON 文档 print exactly one JSON document"
    )
    result = _Parser(prog="python -m twin", description="嘉定数字孪生 Jiading city twin")
    commands = result.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, parents=[common], help=text, description=text)

    demo = command("demo", "生成演示城市 build the demonstration city")
    demo.add_argument("--seed", type=int, help="随机种子 seed")
    demo.add_argument("--scale", type=float, default=1.0, help="规模 0.01 到 1 scale, 1 is the plan's own")
    imported = command("import", "导入文件 bring a file in")
    imported.add_argument("file", type=Path)
    imported.add_argument("--layer", metavar="L", help="目标图层 layer it becomes")
    imported.add_argument("--crs", default="auto", help="auto | EPSG:n | GCJ-02 | BD-09")
    imported.add_argument(
        "--mode",
        choices=("auto", "add", "replace"),
        default="auto",
        help="合并或替换 join or replace the layer",
    )
    imported.add_argument("--source", default="", metavar="T", help="来源 source")
    imported.add_argument("--licence", default="", metavar="T", help="许可 licence")
    imported.add_argument("--date", default="", metavar="D", help="数据日期 date of the data")
    command("layers", "列出图层 list the layers")
    exported = command("export", "导出图层 write a layer to a file")
    exported.add_argument("layer")
    exported.add_argument("file", type=Path)
    cli_analyses.add(command)
    cli_bim.add(commands, common)
    cli_indicators.add(command)
    cli_report.add(command)
    command("undo", "撤销上一次导入 take back the newest import")
    backup = command("backup", "备份 write a backup")
    backup.add_argument("file", type=Path)
    restored = command("restore", "恢复到新的数据目录 restore into a new home")
    restored.add_argument("file", type=Path)
    command("doctor", "检查环境与离线就绪 check the environment and offline readiness")
    server = command("serve", "启动服务 start the server")
    server.add_argument("--port", type=int, metavar="N", help="端口 port")
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = parser().parse_args(argv)
        settings = Settings.from_environment(home=options.home)
        if options.command == cli_bim.NAME:
            outcome: Result | None = cli_bim.COMMANDS[options.action](options, settings, _progress())
        elif options.command in cli_analyses.COMMANDS:
            outcome = cli_analyses.COMMANDS[options.command](options, settings, _progress())
        elif options.command == cli_indicators.NAME:
            outcome = cli_indicators.run(options, settings)
        elif options.command == cli_report.NAME:
            outcome = cli_report.run(options, settings, _progress())
        else:
            outcome = _COMMANDS[options.command](options, settings)
    except TwinError as error:
        print(f"{error.zh} {error.en}", file=sys.stderr)
        return exit_code(error)
    except KeyboardInterrupt:
        print("已停止。 Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, the user gets a sentence
        _log.debug("fault", exc_info=True)
        print(
            f"发生内部错误（{type(error).__name__}: {error}），请报告给开发者。 "
            f"A fault of ours ({type(error).__name__}: {error}); please report it.",
            file=sys.stderr,
        )
        return 1
    if outcome is not None:
        _show(outcome, as_json=options.json)
    return 0


def _show(outcome: Result, *, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps(
                {key: value for key, value in outcome.items() if key != "text"},
                ensure_ascii=False,
                default=str,
            )
        )
    else:
        print(outcome["text"])


def _progress() -> Callable[[float, str], None] | None:
    """A progress bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        return None
    width = 32

    def report(share: float, stage: str) -> None:
        done = round(width * share)
        bar = "█" * done + "░" * (width - done)
        end = "\n" if share >= 1 else ""
        print(f"\r{bar} {share:4.0%} {stage:<24.24}", end=end, file=sys.stderr, flush=True)

    return report


def _open(settings: Settings) -> Store:
    return Store.open(settings.home, keep_generations=settings.keep_generations)


def _refuse_while_serving(settings: Settings) -> None:
    if remote.running(settings.home) is not None:
        raise InputError(
            f"服务正在使用 {settings.home}；请先停止服务再执行此命令。",
            f"a server is using {settings.home}; stop it before running this command.",
        )


def _demo(options: argparse.Namespace, settings: Settings) -> Result:
    from twin.demo.install import install

    if not 0.01 <= options.scale <= 1:
        raise InputError("规模须在 0.01 到 1 之间。", "the scale must lie between 0.01 and 1.")
    _refuse_while_serving(settings)
    seed = settings.demo_seed if options.seed is None else options.seed
    with _open(settings) as store:
        install(store, settings, seed=seed, scale=options.scale, progress=_progress())
        table = describe.layers_table(store)
    return {
        "seed": seed,
        "layers": table,
        "text": f"演示城市已生成 Demonstration city built\n{_table(table)}",
    }


def _import(options: argparse.Namespace, settings: Settings) -> Result:
    path: Path = options.file
    if not path.is_file():
        raise InputError(f"找不到文件 {path}。", f"there is no file {path}.")
    server = remote.running(settings.home)
    if server is not None:
        query = {
            name: getattr(options, name)
            for name in ("layer", "crs", "mode", "source", "licence", "date")
            if getattr(options, name)
        }
        datasets = server.import_file(path, query, _progress())
    else:
        from twin.import_options import Origin
        from twin.importer import import_file

        with _open(settings) as store:
            done = import_file(
                store,
                path,
                settings=settings,
                layer=options.layer,
                crs=options.crs,
                mode=options.mode,
                origin=Origin(options.source, options.licence, options.date),
                progress=_progress(),
            )
        datasets = [
            {
                "layer": item.layer,
                "name": item.name,
                "accepted": item.accepted,
                "rejected": item.rejected,
                "crs": {"declared": item.crs_declared, "found": item.crs_found},
                "id": item.id,
            }
            for item in done
        ]
    lines = [
        f"{item['layer']:<18} 接受 accepted {item['accepted']:>8,}  "
        f"拒绝 rejected {item['rejected']:>6,}  {item['crs']['found']}"
        for item in datasets
    ]
    return {"datasets": datasets, "text": "\n".join(lines)}


def _layers(options: argparse.Namespace, settings: Settings) -> Result:
    del options
    server = remote.running(settings.home)
    if server is not None:
        table = server.json("GET", "/api/layers")["layers"]
    else:
        with _open(settings) as store:
            table = describe.layers_table(store)
    return {"layers": table, "text": _table(table) if table else "还没有数据 No data yet"}


def _table(rows: Sequence[Result]) -> str:
    lines = [f"{'图层 layer':<20} {'行数 rows':>12}  版本 gen  来源 origin"]
    lines += [
        f"{row['id']:<20} {row['rows']:>12,}  {row['generation']:>6}    {row['origin']}" for row in rows
    ]
    return "\n".join(lines)


def _export(options: argparse.Namespace, settings: Settings) -> Result:
    path: Path = options.file
    suffix = known_suffix(path.suffix)
    if not path.resolve().parent.is_dir():
        raise InputError(f"目录 {path.parent} 不存在。", f"there is no folder {path.parent}.")
    server = remote.running(settings.home)
    if server is not None:
        server.download(f"/api/export/{options.layer}.{suffix}", path)
    else:
        from twin.export import export_layer

        with _open(settings) as store:
            export_layer(store, options.layer, path, _progress())
    size = path.stat().st_size
    return {"layer": options.layer, "file": str(path), "bytes": size, "text": f"{path}  {size / 1e6:,.1f} MB"}


def _undo(options: argparse.Namespace, settings: Settings) -> Result:
    del options
    server = remote.running(settings.home)
    if server is not None:
        changed = server.json("POST", "/api/undo", {})["layers"]
    else:
        with _open(settings) as store:
            changed = store.undo()
    return {"layers": changed, "text": "已撤销 Taken back: " + ", ".join(changed)}


def _backup(options: argparse.Namespace, settings: Settings) -> Result:
    server = remote.running(settings.home)
    if server is not None:
        server.download("/api/backup", options.file, "POST")
    else:
        with _open(settings) as store:
            backup(store, options.file)
    size = options.file.stat().st_size
    return {"file": str(options.file), "bytes": size, "text": f"{options.file}  {size / 1e6:,.1f} MB"}


def _restore(options: argparse.Namespace, settings: Settings) -> Result:
    _refuse_while_serving(settings)
    restore(options.file, settings.home)
    return {"home": str(settings.home), "text": f"已恢复到 Restored into {settings.home}"}


def _doctor(options: argparse.Namespace, settings: Settings) -> Result:
    del options
    from twin.doctor import checks

    found = checks(settings)
    marks = {True: "✓", False: "✗"}
    text = "\n".join(f"{marks[item['ok']]} {item['zh']}  {item['en']}" for item in found)
    return {"ok": all(item["ok"] for item in found), "checks": found, "text": text}


def _serve(options: argparse.Namespace, settings: Settings) -> None:
    from twin.web.server import options as server_options

    settings = Settings.from_environment(home=options.home, port=options.port)
    if remote.running(settings.home) is not None:
        raise InputError(
            f"{settings.home} 已有服务在运行。", f"a server is running on {settings.home} already."
        )
    with _open(settings):
        pass  # whatever is wrong with the home is said here, in one sentence
    # The application is built from the environment, in this process and in tests alike.
    os.environ["TWIN_HOME"] = str(settings.home.resolve())
    os.environ["TWIN_PORT"] = str(settings.port)
    importlib.import_module("app").app.run(config=server_options(settings))


_COMMANDS: dict[str, Callable[[argparse.Namespace, Settings], Result | None]] = {
    "demo": _demo,
    "import": _import,
    "layers": _layers,
    "export": _export,
    "undo": _undo,
    "backup": _backup,
    "restore": _restore,
    "doctor": _doctor,
    "serve": _serve,
}
