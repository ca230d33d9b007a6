"""`create_app(settings)`: the only module that knows everyone."""

from datetime import timedelta

from flask import Flask
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import refusals, web, wiring
from portal.accounts import people_views, queries
from portal.accounts import views as accounts_views
from portal.administration import views as administration_views
from portal.api import token_pages
from portal.api import views as api_views
from portal.api.endpoint import blueprint as api_blueprint
from portal.approvals import absence_views, rule_views
from portal.approvals import views as approval_views
from portal.calendars import views as calendars_views
from portal.catalog import views as catalog_views
from portal.config import Settings, shipped
from portal.configurator import (
    comment_views,
    comparing_views,
    engineering_views,
    finishing_views,
    sending_views,
    sharing_views,
    starting_views,
    upgrading_views,
)
from portal.configurator import views as configurator_views
from portal.cookies import Cookies, csrf_token
from portal.db import Database
from portal.deals import export_views, letterhead_views, offer_views, order_views, resale_views, special_price_views
from portal.deals import views as deals_views
from portal.deals.registrations import (
    file_views,
    house_views,
    pool_views,
    registering_views,
    simulating_views,
    step_views,
)
from portal.deals.registrations import views as registrations_views
from portal.deals.transfers import views as transfers_views
from portal.formats import translations
from portal.home import views as home_views
from portal.home.navigation import navigation
from portal.notify import views as notify_views
from portal.parameters import views as parameters_views
from portal.parties import edit_views, import_views, steward_views
from portal.parties import views as parties_views
from portal.support.knowledge import fault_views, tool_views, writing_views
from portal.support.knowledge import file_views as article_file_views
from portal.support.knowledge import views as knowledge_views
from portal.support.mailing import views as mailing_views
from portal.support.matching import views as faults_views
from portal.support.numbers import views as numbers_views
from portal.support.phone import lead_views
from portal.support.phone import views as phone_views
from portal.support.service import dispatch_views, return_views, visit_views
from portal.support.tickets import article_views, desk_views, equipment_views, rating_views
from portal.support.tickets import polling_views as conversation_views
from portal.support.tickets import step_views as ticket_step_views
from portal.support.tickets import views as ticket_views
from portal.templating import Application

MAX_FORM_BYTES = 1_000_000


def create_app(settings: Settings, database: Database | None = None) -> Flask:
    """Make the web application; schema and data are prepared beforehand by `portal migrate`."""
    wiring.install()
    app = Application("portal", template_folder=str(shipped("templates")), static_folder="static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        SESSION_COOKIE_NAME="portal",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        SESSION_REFRESH_EACH_REQUEST=False,  # a sign-in ends when its row says so, whatever the cookie does
        SEND_FILE_MAX_AGE_DEFAULT=86400,
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the sign-in itself
        WTF_CSRF_SSL_STRICT=False,
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    app.session_interface = Cookies()
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    web.install(app, web.Portal(settings, database or Database(settings.database_url), queries.load_viewer))
    refusals.register(app)
    CSRFProtect(app).exempt(api_blueprint)  # its requests carry a token and never a cookie
    app.jinja_env.globals["csrf_token"] = csrf_token
    if settings.proxies:  # otherwise what a client says of itself is not believed
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    Bootstrap5(app)
    Babel(app, locale_selector=web.babel_locale)
    _bind_texts(app)
    app.context_processor(web.context)
    app.context_processor(navigation)
    for blueprint in (
        home_views.blueprint,
        accounts_views.blueprint,
        people_views.blueprint,
        parties_views.blueprint,
        edit_views.blueprint,
        steward_views.blueprint,
        import_views.blueprint,
        catalog_views.blueprint,
        configurator_views.blueprint,
        finishing_views.blueprint,
        upgrading_views.blueprint,
        comparing_views.blueprint,
        sharing_views.blueprint,
        comment_views.blueprint,
        engineering_views.blueprint,
        starting_views.blueprint,
        sending_views.blueprint,
        deals_views.blueprint,
        export_views.blueprint,
        letterhead_views.blueprint,
        offer_views.blueprint,
        resale_views.blueprint,
        order_views.blueprint,
        special_price_views.blueprint,
        approval_views.blueprint,
        absence_views.blueprint,
        rule_views.blueprint,
        registering_views.blueprint,
        pool_views.blueprint,
        registrations_views.blueprint,
        step_views.blueprint,
        house_views.blueprint,
        file_views.blueprint,
        transfers_views.blueprint,
        simulating_views.blueprint,
        ticket_views.blueprint,
        ticket_step_views.blueprint,
        desk_views.blueprint,
        rating_views.blueprint,
        equipment_views.blueprint,
        conversation_views.blueprint,
        article_views.blueprint,
        writing_views.blueprint,
        knowledge_views.blueprint,
        article_file_views.blueprint,
        fault_views.blueprint,
        tool_views.blueprint,
        faults_views.blueprint,
        mailing_views.blueprint,
        return_views.blueprint,
        visit_views.blueprint,
        dispatch_views.blueprint,
        phone_views.blueprint,
        lead_views.blueprint,
        numbers_views.blueprint,
        api_blueprint,
        api_views.pages,
        token_pages.blueprint,
        administration_views.blueprint,
        notify_views.blueprint,
        calendars_views.blueprint,
        parameters_views.blueprint,
    ):
        app.register_blueprint(blueprint)
    return app


def _bind_texts(app: Flask) -> None:
    """Take gettext from catalogues that are loaded once, instead of looking them up for every text."""
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: translations(web.locale()).gettext(text),
        lambda one, many, count: translations(web.locale()).ngettext(one, many, count),
        newstyle=True,
    )
