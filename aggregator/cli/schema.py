"""`aggregator feeds schema`."""

import json

import click

from aggregator.config import schema as json_schema


@click.command(short_help="Print the JSON Schema of feeds.yaml.")
def schema() -> None:
    """Print the JSON Schema of feeds.yaml, by which editors complete and check it."""
    click.echo(json.dumps(json_schema.schema(), ensure_ascii=False, indent=1))
