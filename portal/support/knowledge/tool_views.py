"""Calculators as pages: few fields, an answer in one sentence, an address that can be sent to somebody."""

from collections.abc import Collection
from typing import Any, TypeVar

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.forms import choices
from portal.policy import Permission
from portal.support.knowledge import calculating
from portal.support.knowledge.calculating import Reckoner
from portal.support.knowledge.forms import PoeForm, RuntimeForm, StorageForm
from portal.support.knowledge.tools import TOOLS
from portal.web import db, guard, locale, respond, today

blueprint = Blueprint("tools", __name__, url_prefix="/tools")
VIEW = Permission.PRODUCT_VIEW
DISKS = (4, 8, 12, 16)  # TB
F = TypeVar("F", StorageForm, PoeForm, RuntimeForm)


@blueprint.get("")
@guard(VIEW)
def tools() -> ResponseReturnValue:
    """List the calculators."""
    return respond("tools/tools.html", tools=TOOLS)


@blueprint.get("/storage")
@guard(VIEW)
def storage() -> ResponseReturnValue:
    """Reckon the storage that recordings need."""
    form = _form(StorageForm)
    plain = _rules()
    if isinstance(plain, str):
        return _answer("storage", form, problem=plain)
    for field in ("resolution", "codec", "fps"):
        _offer(form, field, plain, field)
    if not form.validate():
        return _answer("storage", form, status=422)
    asked = {name: form[name].data for name in ("cameras", "resolution", "codec", "fps", "days")}
    try:
        found = calculating.storage(plain, **asked)
    except Invalid as error:
        return _answer("storage", form, problem=message_of(error, locale()))
    disks = [(size, -(-found.megabytes // (size * 1_000_000))) for size in DISKS]
    return _answer("storage", form, found=found, disks=disks)


@blueprint.get("/poe")
@guard(VIEW)
def poe() -> ResponseReturnValue:
    """Reckon whether a switch feeds its cameras."""
    form = _form(PoeForm)
    plain = _rules()
    if isinstance(plain, str):
        return _answer("poe", form, problem=plain)
    _offer(form, "switch", plain, "switch")
    _offer(form, "camera", plain, "camera")
    _offer(form, "camera_two", plain, "camera")
    if not form.validate():
        return _answer("poe", form, status=422)
    groups = [(form.camera.data, form.cameras.data), (form.camera_two.data, form.cameras_two.data)]
    try:
        found = calculating.poe(plain, switch=form.switch.data, cameras=[each for each in groups if each[1]])
    except Invalid as error:
        return _answer("poe", form, problem=message_of(error, locale()))
    return _answer("poe", form, found=found)


@blueprint.get("/runtime")
@guard(VIEW)
def runtime() -> ResponseReturnValue:
    """Reckon how long a UPS bears a load."""
    form = _form(RuntimeForm)
    plain = _rules()
    if isinstance(plain, str):
        return _answer("runtime", form, problem=plain)
    _offer(form, "ups", plain, "ups", calculating.with_energy(plain))
    if not form.validate():
        return _answer("runtime", form, status=422)
    try:
        found = calculating.runtime(plain, ups=form.ups.data, packs=form.packs.data, watts=form.watts.data)
    except Invalid as error:
        return _answer("runtime", form, problem=message_of(error, locale()))
    return _answer("runtime", form, found=found)


def _form(kind: type[F]) -> F:
    """Return the form as the address fills it; without any answer it shows the usual ones."""
    return kind(formdata=request.args if request.args else None)


def _rules() -> Reckoner | str:
    """Return the rules in force, or the sentence that says why there are none."""
    try:
        return calculating.reckoner(db(), today=today())
    except Conflict as error:
        return message_of(error, locale())


def _offer(form: Any, field: str, plain: Reckoner, key: str, answered: Collection[str] = ()) -> None:
    """Fill a list with the values of a question of the rules, without the one that means nothing.

    With `answered` only with those for which there is an answer.
    """
    values = [value for value in plain.choices(key).values if value.key != "none"]
    values = [value for value in values if value.key in answered] or values
    form[field].choices = choices((value.key, value.label.to(locale())) for value in values)
    if form[field].data in (None, "None") and values:
        form[field].data = values[0].key


def _answer(tool: str, form: Any, *, status: int = 200, problem: str = "", **found: Any) -> ResponseReturnValue:
    return respond(
        f"tools/{tool}.html",
        status=status,
        tool=tool,
        title=_(TOOLS[tool]),
        form=form,
        problem=problem,
        **({"found": None, "disks": ()} | found),
    )
