"""From a context record to a page: the theme's template of that name, rendered."""

from dataclasses import Field, fields
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from jinja2 import DictLoader, Environment, StrictUndefined, TemplateError, TemplateSyntaxError

from tasks.errors import RenderError
from tasks.model import Page
from tasks.outputs import SiteFacts
from tasks.outputs.style import style_name
from tasks.outputs.theme import Theme
from tasks.outputs.wording import filled_markup

HTML = "text/html; charset=utf-8"


class Context(Protocol):
    """A record with the names that one template uses."""

    template: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


def html_page(key: str, context: Context, site: SiteFacts, cache_control: str) -> Page:
    """The page that the context's template makes of it. `RenderError` names the template that cannot be used."""
    variables = {field.name: getattr(context, field.name) for field in fields(context)}
    try:
        html = _environment(site.theme).get_template(context.template).render(variables)
    except TemplateSyntaxError as error:
        raise RenderError(f"template {error.name}, line {error.lineno}: {error.message}") from error
    except TemplateError as error:
        raise RenderError(f"template {context.template}: {error}") from error
    return Page(key=key, body=html.encode("utf-8", "replace"), content_type=HTML, cache_control=cache_control)


@lru_cache(maxsize=4)
def _environment(theme: Theme) -> Environment:
    """One for each theme that says something else."""
    environment = Environment(
        loader=DictLoader(theme.templates),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals |= {"words": theme.words, "style": style_name(theme)}
    environment.filters["fill"] = filled_markup
    return environment
