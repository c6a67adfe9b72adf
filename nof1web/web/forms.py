"""Forms: login, a new key, and a tracker's settings built from their one declaration."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length

from nof1web.core.settings import GROUP_LABELS, SPECS, Spec
from nof1web.core.trading import Environment, MarginMode
from nof1web.errors import Text
from nof1web.web.numbers import sentence

IMPORTANT = ("mode", "total_margin", "max_leverage", "existing", "price_tolerance")
"""The settings a newcomer decides on; the others wait under "More settings"."""


def groups() -> tuple[tuple[str, tuple[Spec, ...]], ...]:
    """Return the less important settings in their groups."""
    rest = [spec for spec in SPECS.values() if spec.name not in IMPORTANT]
    return tuple((label, tuple(spec for spec in rest if spec.group is group)) for group, label in GROUP_LABELS.items())


def important() -> tuple[Spec, ...]:
    """Return the settings that are shown first."""
    return tuple(SPECS[name] for name in IMPORTANT)


class LoginForm(FlaskForm):
    """Who wants in."""

    email = StringField(lazy_gettext("E-mail"), [InputRequired(lazy_gettext("Type your e-mail address."))])
    password = PasswordField(lazy_gettext("Password"), [InputRequired(lazy_gettext("Type your password."))])


class KeyRequired(InputRequired):
    """Needed wherever there is an exchange to log in to: a paper account has no key."""

    def __call__(self, form: BaseForm, field: Field) -> None:
        """Refuse an empty field, unless the environment is paper."""
        if form["environment"].data != Environment.PAPER:
            super().__call__(form, field)
        else:
            field.errors = []


class CredentialForm(FlaskForm):
    """A key to be tested and kept. The secret is never put back into the page."""

    name = StringField(lazy_gettext("Name"), [InputRequired(lazy_gettext("Give it a name.")), Length(max=60)])
    environment = RadioField(lazy_gettext("Environment"), choices=[e.value for e in Environment])
    api_key = StringField(lazy_gettext("API key"), [KeyRequired(lazy_gettext("Paste the API key.")), Length(max=512)])
    api_secret = PasswordField(
        lazy_gettext("API secret"), [KeyRequired(lazy_gettext("Paste the API secret.")), Length(max=4096)]
    )
    label = SelectField(lazy_gettext("Account"), choices=["", "main", "sub"], default="")
    margin_mode = SelectField(lazy_gettext("Default margin mode"), choices=["", *map(str, MarginMode)], default="")
    # It may hold a password, so it is never put back into the page either.
    proxy = StringField(lazy_gettext("Proxy"), [Length(max=512)], default="")


class AboutForm(FlaskForm):
    """What a credential is called and what its trackers start from."""

    name = StringField(lazy_gettext("Name"), [InputRequired(lazy_gettext("Give it a name.")), Length(max=60)])
    label = SelectField(lazy_gettext("Account"), choices=["", "main", "sub"], default="")
    margin_mode = SelectField(lazy_gettext("Default margin mode"), choices=["", *map(str, MarginMode)], default="")


class PairForm(AboutForm):
    """A credential whose key pair is made here."""

    environment = RadioField(
        lazy_gettext("Environment"), choices=[e.value for e in Environment if e is not Environment.PAPER]
    )
    # It may hold a password, so it is never put back into the page.
    proxy = StringField(lazy_gettext("Proxy"), [Length(max=512)], default="")


class PairIdForm(FlaskForm):
    """The exchange's id for a pair made here."""

    api_key = StringField(lazy_gettext("API key"), [Length(max=512)])


class KeyForm(FlaskForm):
    """A new key in the place of an old one. The secret is never put back into the page."""

    api_key = StringField(
        lazy_gettext("API key"), [InputRequired(lazy_gettext("Paste the API key.")), Length(max=512)]
    )
    api_secret = PasswordField(
        lazy_gettext("API secret"), [InputRequired(lazy_gettext("Paste the API secret.")), Length(max=4096)]
    )


class MovingKeyForm(KeyForm):
    """A new key that may be of another environment, while there are no orders yet."""

    environment = SelectField(
        lazy_gettext("Environment"), choices=[e.value for e in Environment if e is not Environment.PAPER]
    )


class TypedForm(FlaskForm):
    """The name of what is about to change for good, typed once more."""

    typed = StringField(lazy_gettext("Name"), [InputRequired(lazy_gettext("Type the name.")), Length(max=60)])


class _Tracking(FlaskForm):
    """What to follow with which account."""

    credential = StringField(lazy_gettext("Credential"))
    agent = StringField(lazy_gettext("Agent"))
    name = StringField(lazy_gettext("Name"), [Length(max=60)])
    # Whose inherited values the form shows: what was left as it is stays inherited, whatever credential is chosen.
    shown_for = HiddenField()


class SettingField(StringField):
    """A setting as text; bounds are checked by core/settings.py alone, so that all faces refuse with the same words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the last value: a hidden `off` precedes each box."""
        if valuelist:
            self.data = valuelist[-1]


class TrackerForm(_Tracking):
    """A new tracker with all its settings."""


class SettingsForm(FlaskForm):
    """The settings of a tracker that exists."""


for _spec in SPECS.values():
    setattr(TrackerForm, _spec.name, SettingField(lazy_gettext(_spec.label), default=_spec.default))
    setattr(SettingsForm, _spec.name, SettingField(lazy_gettext(_spec.label), default=_spec.default))


def typed(values: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the settings a person sent, by name; of several values the last (a hidden `off` precedes each box)."""
    return {name: values[name][-1] for name in SPECS if values.get(name)}


def put_errors(form: FlaskForm, errors: Mapping[str, Text]) -> list[str]:
    """Put each sentence beside its field; return those that belong to none."""
    homeless = []
    for name, text in errors.items():
        field = form._fields.get(name)
        if field is None:
            homeless.append(sentence(text))
        else:
            field.errors = [*field.errors, sentence(text)]
    return homeless
