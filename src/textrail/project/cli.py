"""The `textrail` command. Each sub-command is one function; `textrail --help` lists them."""

from __future__ import annotations

import argparse
import csv
import logging
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from django.db.utils import DatabaseError

from textrail.project.config import Config, SettingError, read_config
from textrail.vocabulary.errors import Refusal

Command = Callable[[Config, argparse.Namespace], None]
DEMO_FOLDER = Path("demo-data")


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")
    try:
        if options.command is demo:
            os.environ.setdefault("TEXTRAIL_DATA", str(DEMO_FOLDER))
        config = read_config(os.environ)
        options.command(config, options)
    except SettingError as error:
        sys.exit(f"textrail: {error}")
    except Refusal as refusal:
        sys.exit(f"textrail: {refusal.sentence} {refusal.hint}".strip())
    except OSError as error:
        sys.exit(f"textrail: {error.strerror or error}: {error.filename or ''}".rstrip(": "))
    except DatabaseError as error:
        sys.exit(f"textrail: the database: {str(error).strip()}. Try: textrail setup")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="textrail", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    add("serve", serve, "everything on one machine: door, pages, worker and the simulated carrier")
    add("demo", demo, "fill a demo business by running the product, then serve it")
    add("setup", setup, "create or upgrade the database and the files that pages need")
    add("door", door, "only the door: short links, carrier webhooks, conversion intake")
    add("pages", pages, "only the pages")
    add("worker", worker, "only the worker")
    add("phone", phone, "only the simulated carrier and its phone")
    owner_options = add("owner", owner, "add a business and the person who owns it")
    owner_options.add_argument("email")
    owner_options.add_argument("--business", required=True, help="the name of the business")
    backup_options = add("backup", backup, "copy this installation while it runs")
    backup_options.add_argument(
        "folder", type=Path, help="where to: a folder that is not there yet"
    )
    add("rebuild-columns", rebuild_columns, "make the analytical columns again from the database")
    add("parked", parked, "list what could not be done").add_argument(
        "--retry", action="store_true", help="try all of it again"
    )
    _clicks_options(add("clicks", clicks, "judge recorded clicks again: textrail clicks rejudge"))
    rates_options = add("rates", rates, "load exchange rates: textrail rates load FILE")
    rates_options.add_argument("what", choices=["load"])
    rates_options.add_argument("file", type=Path, help="the ECB's eurofxref-hist.csv, unpacked")
    _billing_options(add("billing", billing, "check the ledgers: textrail billing verify"))
    _consent_options(add("consent", consent, "check the chains: textrail consent verify"))
    _import_options(add("import", import_file, "import a CSV of conversions, clicks or costs"))
    _weigh_options(add("weigh", weigh, "what the models make of a CSV of counted paths"))
    add("doctor", doctor, "check this installation and say what to do")
    add("django", django, "a command of Django's, such as dbshell").add_argument(
        "rest", nargs=argparse.REMAINDER
    )
    return parser


def _clicks_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("what", choices=["rejudge"])
    options.add_argument("--business", default="", help="only this one, by its slug")
    options.add_argument("--all", action="store_true", help="also those of today's ruleset")
    options.add_argument("--dry-run", action="store_true", help="only say what would change")


def _billing_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("what", choices=["verify"])
    options.add_argument("--business", default="", help="only the account of this one, by its slug")


def _consent_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("what", choices=["verify"])
    options.add_argument("business", nargs="?", default="", help="only this one, by its slug")


def _import_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("kind", choices=["conversions", "clicks", "costs"])
    options.add_argument("file", type=Path)
    options.add_argument("--business", required=True, help="the slug in its address")
    options.add_argument(
        "--map", action="append", default=[], metavar="FIELD=HEADING", help="what a column is"
    )
    for name in ("event", "source", "medium", "campaign", "account", "currency"):
        options.add_argument(f"--{name}", default="", help="of all rows")
    options.add_argument("--dates", choices=["iso", "month", "day"], default="")
    options.add_argument("--decimal", choices=["point", "comma"], default="")


def _weigh_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("file", type=Path, help="path,conversions,value,nulls; a path is a > b")
    options.add_argument("--order", type=int, default=1, help="of Markov: 1, 2 or 3")


def _start_django() -> None:
    import django as framework

    framework.setup()


def setup(config: Config, options: argparse.Namespace) -> None:
    _start_django()
    from textrail.project.setting_up import set_up

    set_up(config)


def serve(config: Config, options: argparse.Namespace) -> None:
    _serve(config, prepare=lambda: _set_up_once(config, options))


def _serve(config: Config, *, prepare: Callable[[], None]) -> None:
    """Make sure that data folder and addresses are free, prepare, then run until told to stop."""
    from textrail.project.processes import Supervisor, hold_alone, require_free

    roles = {
        "door": (config.links_listen, "TEXTRAIL_LINKS_LISTEN"),
        "pages": (config.pages_listen, "TEXTRAIL_PAGES_LISTEN"),
    }
    if config.simulator:
        roles["phone"] = (config.phone_listen, "TEXTRAIL_PHONE_LISTEN")
    with hold_alone(config.data):
        for listen, setting in roles.values():
            require_free(listen, setting)
        _start_django()
        prepare()
        _close_database()
        print(f"Textrail  {config.pages_url}")
        print(f"Links     {config.links_url}")
        if config.simulator:
            print(f"Phone     {config.phone_url}")
        sys.stdout.flush()
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        Supervisor([*roles, "worker"]).run()


def _close_database() -> None:
    from django.db import connections

    connections.close_all()


def _set_up_once(config: Config, options: argparse.Namespace) -> None:
    from textrail.project.setting_up import needs_setup, set_up

    if needs_setup(config):
        print("Setting up …", flush=True)
        set_up(config)


def demo(config: Config, options: argparse.Namespace) -> None:
    def prepare() -> None:
        setup(config, options)
        from textrail.project.demo import fill, story

        fill.fill_once(config)
        print("\nSign in as any of these, with the password", story.PASSWORD)
        for member in story.MEMBERS:
            print(f"  {member.email:<28} {member.role}")
        print()

    _serve(config, prepare=prepare)


def door(config: Config, options: argparse.Namespace) -> None:
    from textrail.edge.connections import TapConnection
    from textrail.edge.serve import run
    from textrail.project.processes import address_of

    address, port = address_of(config.links_listen)
    run("textrail.project.door:door", address=address, port=port, connection=TapConnection)


def pages(config: Config, options: argparse.Namespace) -> None:
    from textrail.edge.serve import run
    from textrail.project.processes import address_of

    address, port = address_of(config.pages_listen)
    run("textrail.project.asgi:pages", address=address, port=port, lifespan=False)


def worker(config: Config, options: argparse.Namespace) -> None:
    _start_django()
    from textrail.journal.opening import open_store
    from textrail.outbox.worker import Worker
    from textrail.project.runtime import feed_loop, open_context, sweep_loop

    context = open_context(config)
    store = open_store(path=config.arrivals_db, database_url=config.database_url)
    loops = [feed_loop(config, context.clock), sweep_loop(config, context.clock)]
    Worker(context, store, loops).run()


def phone(config: Config, options: argparse.Namespace) -> None:
    from textrail.carriers.simulator.serve import run

    run(
        config.simulator_db,
        seed=config.simulator_seed,
        phone_url=config.phone_url,
        listen=config.phone_listen,
    )


def owner(config: Config, options: argparse.Namespace) -> None:
    _start_django()
    _set_up_once(config, options)
    from textrail.project.start import add_owner

    password = secrets.token_urlsafe(12)
    business = add_owner(config, email=options.email, business=options.business, password=password)
    print(f"{business.name} is ready at {config.pages_url}")
    print(f"Sign in as {options.email} with the password {password} and change it there.")


def backup(config: Config, options: argparse.Namespace) -> None:
    from textrail.project.backup import back_up

    for line in back_up(config, options.folder):
        print(line, flush=True)
    print(f"secret.key is not in {options.folder}: keep a copy of it elsewhere.")


def rebuild_columns(config: Config, options: argparse.Namespace) -> None:
    _start_django()
    _set_up_once(config, options)
    from textrail.project.runtime import rebuild
    from textrail.vocabulary.clock import SystemClock

    for table, rows in rebuild(config, SystemClock()).items():
        print(f"{table:<14} {rows:>12,} rows")


def parked(config: Config, options: argparse.Namespace) -> None:
    _start_django()
    _set_up_once(config, options)
    from textrail.outbox import intake, queries, work
    from textrail.project.runtime import open_context

    for item in queries.parked_work():
        print(f"work     {item.id:>8}  {item.kind:<24} {item.last_error}")
    for arrival in queries.parked_arrivals():
        print(f"arrival  {arrival.position:>8}  {arrival.kind:<24} {arrival.error}")
    if options.retry:
        context = open_context(config)
        again = sum(
            work.retry_parked(item.id, now=context.clock.now()) for item in queries.parked_work()
        )
        through = intake.retry_parked(context, queries.parked_arrivals())
        print(f"{again} pieces of work are due again; {through} arrivals went through.")


def clicks(config: Config, options: argparse.Namespace) -> None:
    _start_django()
    _set_up_once(config, options)
    from textrail.project import rejudging

    lines = rejudging.run(
        config, business=options.business, everything=options.all, dry_run=options.dry_run
    )
    for line in lines:
        print(line, flush=True)


def rates(config: Config, options: argparse.Namespace) -> None:
    _start_django()
    _set_up_once(config, options)
    from textrail.domain.conversions.actions import load_rates
    from textrail.domain.conversions.rules.rates import read_file
    from textrail.vocabulary.clock import SystemClock

    with options.file.open("rb") as file:
        loaded = load_rates(table=read_file(file), at=SystemClock().now())
    days = "1 day" if loaded.days == 1 else f"{loaded.days:,} days"
    print(f"{loaded.rates:,} rates of {days}, the newest of {loaded.newest}.")


def billing(config: Config, options: argparse.Namespace) -> None:
    _start_django()
    _set_up_once(config, options)
    from textrail.domain.accounts.models import Business
    from textrail.domain.billing.queries import verify

    business = Business.objects.filter(slug=options.business).first()
    if options.business and business is None:
        sys.exit(f"textrail: There is no business “{options.business}”.")
    wrong = verify(business)
    for each in wrong:
        print(f"account {each.account_id:>6}  {each.sentence}")
    if not wrong:
        print("Everything adds up: each transaction, each balance, each text.")
    sys.exit(1 if wrong else 0)


def consent(config: Config, options: argparse.Namespace) -> None:
    _start_django()
    _set_up_once(config, options)
    from textrail.domain.accounts.models import Business
    from textrail.domain.contacts.queries import verify

    rows = Business.objects.filter(**({"slug": options.business} if options.business else {}))
    good = True
    for business in rows.order_by("slug"):
        checked = verify(business)
        good = good and checked.broken is None
        said = checked.broken.sentence if checked.broken else "the chain holds"
        print(f"{business.slug:<30} {checked.events:>9,} events  {said}")
    if not rows:
        print(f"There is no business “{options.business}”.")
    sys.exit(0 if good and rows else 1)


def import_file(config: Config, options: argparse.Namespace) -> None:
    _start_django()
    _set_up_once(config, options)
    from textrail.project import importing
    from textrail.project.runtime import open_context

    names = ("event", "source", "medium", "campaign", "account", "currency", "dates", "decimal")
    told = {name: getattr(options, name) for name in names}
    wanted = importing.Wanted(columns=options.map, **told)
    lines = importing.run(
        open_context(config),
        kind=options.kind,
        path=options.file,
        slug=options.business,
        wanted=wanted,
    )
    for line in lines:
        print(line, flush=True)


def weigh(config: Config, options: argparse.Namespace) -> None:
    from textrail.analytics.given_paths import read_paths, weigh

    csv.writer(sys.stdout).writerows(weigh(read_paths(options.file), order=options.order))


def doctor(config: Config, options: argparse.Namespace) -> None:
    _start_django()
    from textrail.project.doctor import examine

    findings = examine(config)
    for finding in findings:
        print(f"{finding.code}  {'ok  ' if finding.good else 'FAIL'}  {finding.sentence}")
        if not finding.good:
            print(f"      {finding.hint}")
    sys.exit(0 if all(finding.good for finding in findings) else 1)


def django(config: Config, options: argparse.Namespace) -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(["textrail django", *options.rest])


if __name__ == "__main__":
    main()
