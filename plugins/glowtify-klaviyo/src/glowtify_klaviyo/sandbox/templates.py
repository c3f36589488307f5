"""Endpoints of templates: the library, rendering, cloning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from glowtify_klaviyo.sandbox import bodies, html, jsonapi
from glowtify_klaviyo.sandbox.clock import iso
from glowtify_klaviyo.sandbox.endpoint import Answer, Call, Endpoint
from glowtify_klaviyo.sandbox.errors import at_odds, invalid
from glowtify_klaviyo.sandbox.filters import COMPARISONS, Rule, attribute
from glowtify_klaviyo.sandbox.limits import L, S
from glowtify_klaviyo.sandbox.models import Template
from glowtify_klaviyo.sandbox.resources import template_attributes
from glowtify_klaviyo.sandbox.state import State

READ, WRITE = ("templates:read",), ("templates:write",)
DRAG_AND_DROP = "SYSTEM_DRAGGABLE"


def get_templates(call: Call) -> Answer:
    """List the library, ten a page; copies that messages own do not show."""
    shown, links = jsonapi.page(call, call.state.library(), born=lambda template: template.created)
    answer = jsonapi.many(call, "template", shown, links=links)
    if "definition" in call.query.additional and answer.document:
        for data, template in zip(answer.document["data"], shown, strict=True):
            data["attributes"]["definition"] = template.definition
    return answer


def get_template(call: Call) -> Answer:
    """Read one template."""
    return _answer(call, call.state.template(call.id))


def create_template(call: Call) -> Answer:
    """Add a template to the library, its HTML normalised."""
    state, wanted = call.state, call.attributes
    _check_content(wanted, wanted["editor_type"])
    _check_room(state)
    created = state.clock.stamp()
    template = Template(
        id=state.short_id(),
        name=wanted["name"],
        editor_type=wanted["editor_type"],
        html=html.normalise(wanted.get("html") or ""),
        text=wanted.get("text"),
        amp=wanted.get("amp"),
        created=created,
        updated=state.clock.stamp(),
        definition=wanted.get("definition"),
    )
    state.templates[template.id] = template
    return _answer(call, template, status=201, exact=("created", "updated"))


def update_template(call: Call) -> Answer:
    """Change a template of the library."""
    state, wanted = call.state, call.attributes
    template = state.template(call.id)
    if call.data["id"] != call.id:
        raise invalid(f"'{call.data['id']}' is not the id of this resource.", pointer="/data/id")
    _check_library(state, template, "change")
    if template.editor_type == DRAG_AND_DROP and wanted.get("html") is not None:
        raise invalid("'html' is not allowed for SYSTEM_DRAGGABLE.", pointer="/data/attributes/html")
    for name in ("name", "text", "amp", "definition"):
        if wanted.get(name) is not None:
            setattr(template, name, wanted[name])
    if wanted.get("html") is not None:
        template.html = html.normalise(wanted["html"])
    template.updated = state.clock.stamp()
    return _answer(call, template, exact=("updated",))


def delete_template(call: Call) -> Answer:
    """Delete a template of the library; copies on messages are their own."""
    state = call.state
    template = state.template(call.id)
    _check_library(state, template, "delete")
    del state.templates[template.id]
    return Answer(200 if state.guesses.live_template_statuses else 204)


def clone_template(call: Call) -> Answer:
    """Copy a template within the library."""
    state = call.state
    source = state.template(call.data["id"])
    _check_room(state)
    created = state.clock.stamp()
    name = call.attributes.get("name") or f"Clone of {source.name}"
    clone = replace(
        source,
        id=state.short_id(),
        name=name,
        created=created,
        updated=state.clock.stamp(),
        message_id=None,
    )
    state.templates[clone.id] = clone
    status = 200 if state.guesses.live_template_statuses else 201
    return _answer(call, clone, status=status, exact=("created", "updated"))


def render_template(call: Call) -> Answer:
    """Answer with a template whose tags were executed for a context."""
    state = call.state
    template = state.template(call.data["id"])
    context = call.attributes["context"]
    attributes = {
        **template_attributes(state, template),
        **{name: html.render(getattr(template, name), context) for name in ("html", "text", "amp")},
    }
    status = 200 if state.guesses.live_template_statuses else 201
    return jsonapi.one(call, "template", template, status=status, attributes=attributes)


def copy_for(state: State, source: Template, message_id: str) -> Template:
    """Make the copy of a template that only one message uses."""
    created = state.clock.stamp()
    copy = replace(
        source,
        id=state.short_id(),
        name=f"Clone of {source.id}",
        created=created,
        updated=state.clock.stamp(),
        message_id=message_id,
    )
    state.templates[copy.id] = copy
    return copy


def exact_times(template: Template, names: tuple[str, ...] = ("created", "updated")) -> dict[str, Any]:
    """Return these times with microseconds, as the answer to a write carries them."""
    return {name: iso(getattr(template, name)) for name in names}


def _answer(call: Call, template: Template, *, status: int = 200, exact: tuple[str, ...] = ()) -> Answer:
    attributes = {**template_attributes(call.state, template), **exact_times(template, exact)}
    if "definition" in call.query.additional:
        attributes["definition"] = template.definition
    return jsonapi.one(call, "template", template, status=status, attributes=attributes)


def _check_content(wanted: dict[str, Any], editor: str) -> None:
    pointer = "/data/attributes"
    if not wanted["name"]:
        raise invalid("The name must not be empty.", pointer=f"{pointer}/name")
    if editor == DRAG_AND_DROP:
        if wanted.get("html") is not None:
            raise invalid("'html' is not allowed for SYSTEM_DRAGGABLE.", pointer=f"{pointer}/html")
        if wanted.get("definition") is None:
            raise invalid("'definition' is required for SYSTEM_DRAGGABLE.", pointer=f"{pointer}/definition")
    elif not wanted.get("html"):
        raise invalid(f"'html' is required for {editor}.", pointer=f"{pointer}/html")


def _check_room(state: State) -> None:
    limit = state.guesses.template_limit
    if len(state.library()) >= limit:
        detail = f"This account has reached the limit of {limit} templates."
        raise at_odds(state.guesses.template_limit_status, detail)


def _check_library(state: State, template: Template, verb: str) -> None:
    if template.message_id is not None:
        owner = f"CampaignMessage {template.message_id}"
        detail = f"Cannot {verb} template {template.id} while it is attached to\n{owner}"
        raise at_odds(state.guesses.conflict_status, detail)


WITH_DEFINITION = {"template": ("definition",)}
ANY_EQUALS = ("any", "equals")

ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/api/templates",
        handle=get_templates,
        scopes=READ,
        limit=L,
        types=("template",),
        additional=WITH_DEFINITION,
        filters={
            "id": Rule(ANY_EQUALS, attribute("id")),
            "name": Rule(("any", "equals", "contains"), attribute("name")),
            "created": Rule(("equals", *COMPARISONS), attribute("created"), "moment"),
            "updated": Rule(("equals", *COMPARISONS), attribute("updated"), "moment"),
        },
        sort=("created", "id", "name", "updated"),
        page=(10, 10),
    ),
    Endpoint(
        method="POST",
        path="/api/templates",
        handle=create_template,
        scopes=WRITE,
        limit=L,
        types=("template",),
        additional=WITH_DEFINITION,
        body=bodies.CREATE_TEMPLATE,
    ),
    Endpoint(
        method="GET",
        path="/api/templates/{id}",
        handle=get_template,
        scopes=READ,
        limit=L,
        types=("template",),
        additional=WITH_DEFINITION,
    ),
    Endpoint(
        method="PATCH",
        path="/api/templates/{id}",
        handle=update_template,
        scopes=WRITE,
        limit=L,
        types=("template",),
        additional=WITH_DEFINITION,
        body=bodies.UPDATE_TEMPLATE,
    ),
    Endpoint(method="DELETE", path="/api/templates/{id}", handle=delete_template, scopes=WRITE, limit=L),
    Endpoint(
        method="POST",
        path="/api/template-clone",
        handle=clone_template,
        scopes=WRITE,
        limit=L,
        types=("template:plain",),
        body=bodies.CLONE_TEMPLATE,
    ),
    Endpoint(
        method="POST",
        path="/api/template-render",
        handle=render_template,
        scopes=READ,
        limit=S,
        types=("template:plain",),
        body=bodies.RENDER_TEMPLATE,
    ),
)
