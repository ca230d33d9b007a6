"""A world of several organisations in which every text of an organisation contains a word of its own.

Everything is made by the operations that the portal itself uses. A new kind of row that belongs to an organisation
must be made here too: `test_foreign_words` fails as long as it is not.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import Select, select, update

from portal import wiring
from portal.accounts import operations as accounts
from portal.accounts.models import Person
from portal.api.scopes import OFFERED
from portal.api.tokens import make_token
from portal.approvals.deciding import seen
from portal.approvals.models import ApprovalRequest
from portal.approvals.queries import of_thing
from portal.approvals.subjects import Verdict
from portal.catalog.models import InstalledItem, Product, Site
from portal.configurator import operations as configurator
from portal.configurator.engineering import ask
from portal.configurator.models import Configuration
from portal.configurator.queries import terms_of
from portal.configurator.sending import send, take_over
from portal.configurator.starting_operations import save_template
from portal.dates import business_date
from portal.db import Database, ScopedSession
from portal.deals import operations as deals
from portal.deals.letterheads import TEXTS, save_letterhead, set_logo
from portal.deals.models import Quote, QuoteDocument
from portal.deals.offer_links import make_link
from portal.deals.order_models import OrderDocument
from portal.deals.order_operations import OrderDetails, place_order
from portal.deals.registrations import operations
from portal.deals.registrations.models import CustomerHolding, HoldingActivity
from portal.deals.registrations.operations import Evidence
from portal.deals.resale_models import ResaleDocument
from portal.deals.resale_operations import OWNED_TEXTS, Wish, begin_resale, edit_resale, issue_resale
from portal.deals.special_price import ask_special_price
from portal.files.operations import keep
from portal.files.storing import LocalStore
from portal.notify.operations import tell
from portal.parties.identity.indexing import index_parties
from portal.parties.import_models import PartyImport, PartyImportRow
from portal.parties.models import Organisation, Party, Relation, name_key
from portal.parties.noted_models import PartyAddress, PartyAlias, PartyIdentifier
from portal.policy import SYSTEM, Actor, OrganisationKind, Role
from portal.sharing.comments import say
from portal.sharing.operations import share
from portal.support.knowledge.written import Written
from portal.support.numbers.keeping import keep_all
from portal.support.tickets.models import Ticket, TicketFollower, TicketLink, TicketRating
from portal.support.tickets.opening import Opening, open_ticket
from tests.factories.deals import SMALL_SITE, Deals
from tests.factories.knowledge import Knowledge, leave_behind
from tests.factories.registrations import Registrations, today_of
from tests.factories.service import serve
from tests.factories.talks import converse
from tests.factories.transfers import bare_customer, hand_over
from tests.factories.world import World

LETTERS = "bcdfghjkmnpqrstvwxz"  # no vowels: no word of the portal is made of them
PARTNERS, CUSTOMERS = ("north", "west"), ("hospital", "clinic")
Ids = dict[str, str]


def secret_word() -> str:
    """Return a word that stands nowhere else."""
    return "q" + "".join(secrets.choice(LETTERS) for _ in range(9))


@dataclass
class SecretWorld:
    """`north` and `hospital` walk about; `west` and `clinic` are only ever looked for."""

    world: World
    words: dict[str, str] = field(default_factory=dict)
    ids: dict[str, dict[str, list[Ids]]] = field(default_factory=dict)  # organisation, kind of row, addresses
    tokens: dict[str, str] = field(default_factory=dict)  # of the interface, by organisation
    offers: dict[str, str] = field(default_factory=dict)  # tokens of links for customers, by organisation

    @classmethod
    def build(cls, world: World, database: Database) -> "SecretWorld":
        """Write it."""
        made = cls(world)
        with database.writing(SYSTEM) as session:
            world.add_organisation(session, "west", "West", OrganisationKind.PARTNER, "gold")
            world.add_organisation(session, "clinic", "Clinic", OrganisationKind.CUSTOMER, "")
            for key in (*PARTNERS, *CUSTOMERS):
                made._name(session, key)
            made._share_customer(session)
            for partner, customer in (("west", "clinic"), ("north", "hospital")):
                knows = {"organisation_id": world.organisations[partner], "party_id": world.organisations[customer]}
                session.add(Relation(**knows, kind="customer", created_at=world.now))
        Deals.open(world)
        for key in CUSTOMERS:
            made._configures(key, "customer")
            made._talks(key, "customer")
        for key in PARTNERS:
            made._configures(key, "sales")
            made._sells(key)
            made._registers(key)
            made._hands_over(key)
            made._talks(key, "sales")
        for key, owner in (("hospital", "north"), ("clinic", "west"), ("north", "north"), ("west", "west")):
            made._stands(key, owner)
        made._send("clinic", "west")
        article = Knowledge(world).published(Written(title_en="Known", body_en="Text", visibility="public"))
        for key in (*PARTNERS, *CUSTOMERS):
            who = f"{key}.{'sales' if key in PARTNERS else 'customer'}"
            left = leave_behind(world, article, who, made.words[key])
            made.note(key, "deflection", public_id=left["deflection"])
            made._people(key)
        with database.writing(SYSTEM) as session:
            keep_all(session, zone="Asia/Shanghai", now=world.now, today=today_of(world))
        return made

    def said(self) -> dict[str, object]:
        """Return what is known of it beside the world, as plain data."""
        return {"words": self.words, "ids": self.ids, "tokens": self.tokens, "offers": self.offers}

    def note(self, key: str, kind: str, **ids: str) -> None:
        """Remember how a row is called in addresses."""
        self.ids.setdefault(key, {}).setdefault(kind, []).append(ids)

    def text(self, key: str, about: str = "") -> str:
        """Return a text with the word of an organisation."""
        return f"{about} {self.words[key]}".strip()

    def foreign_words(self, key: str) -> Mapping[str, str]:
        """Return the words that nobody of an organisation may ever read."""
        known = {"north": {"hospital"}, "hospital": {"north"}}.get(key, set())
        return {word: other for other, word in self.words.items() if other != key and other not in known}

    def _name(self, session: ScopedSession, key: str) -> None:
        """Write the organisation's word into every name that it has."""
        word = self.words[key] = secret_word()
        organisation, customer = self.world.organisations[key], self.world.customers[key]
        for party_id in (organisation, customer):
            party = session.get_one(Party, party_id)
            party.name, party.name_en = f"{party.name} {word}", f"{word} in English"
            party.name_key, party.address, party.phone = name_key(party.name), f"{word} road 1", word
            party.email = f"{word}@party.example"
        named = {"name": f"Contact {word}", "name_key": name_key(f"contact {word}"), "email": f"c@{word}.example"}
        contact = Party(kind="contact", employer_id=customer, phone=word, created_at=self.world.now, **named)
        session.add(contact)
        session.flush()
        session.add(
            Relation(organisation_id=organisation, party_id=contact.id, kind="customer", created_at=self.world.now)
        )
        address = session.get_one(Party, customer).public_id
        self.note(key, "customer", public_id=address)
        self.note(key, "contact", public_id=address, contact_id=contact.public_id)
        self._knows(session, key, customer, address)
        for person in session.scalars(select(Person).where(Person.organisation_id == organisation)):
            person.name, person.email = f"{person.name} {word}", f"{word}.{person.email}"
            self.note(key, "person", public_id=person.public_id)

    def _knows(self, session: ScopedSession, key: str, customer: int, address: str) -> None:
        """Write the word into all that the organisation notes of a customer, and into a list that it uploaded."""
        word, now = self.words[key], self.world.now
        mine = {"organisation_id": self.world.organisations[key]}
        own = (Relation.organisation_id == mine["organisation_id"], Relation.party_id == customer)
        known = session.scalars(select(Relation).where(*own)).one()
        known.name, known.name_en, known.name_key = f"Customer {word}", f"{word} in English", f"customer {word}"
        known.phone, known.email, known.address = word, f"{word}@party.example", f"{word} road 1"
        noted = {**mine, "party_id": customer, "created_at": now}
        made = [
            PartyIdentifier(**noted, kind="domain", value=f"{word}.example", value_key=f"{word}.example"),
            PartyAlias(**noted, name=f"Alias {word}", name_key=f"alias {word}"),
            PartyAddress(**noted, address=f"{word} road 2"),
        ]
        counts = {"row_count": 1, "new_count": 1, "known_count": 0, "wrong_count": 0}
        uploaded = PartyImport(**mine, **counts, name=f"{word}.csv", recognised=["name"], ignored=[], created_at=now)
        session.add_all([*made, uploaded])
        session.flush()
        cells = {"name": f"Listed {word}"}
        session.add(
            PartyImportRow(**mine, import_id=uploaded.id, line=2, state="new", cells=cells, problems=[], party_id=None)
        )
        for row in made:
            self.note(key, "party_note", public_id=address, note_id=row.public_id)
        self.note(key, "party_import", import_id=uploaded.public_id)
        index_parties(session, [customer])

    def _share_customer(self, session: ScopedSession) -> None:
        """Let all partners know one and the same customer, as after a merge, each with words of its own."""
        shared = Party(kind="organisation", name="Known to all", name_key="known to all", created_at=self.world.now)
        session.add(shared)
        session.flush()
        shared.address, shared.phone = f"{self.words['west']} road 3", self.words["west"]  # the house has them from one
        for key in PARTNERS:
            its = {"organisation_id": self.world.organisations[key], "party_id": shared.id}
            session.add(Relation(**its, kind="customer", created_at=self.world.now))
            session.flush()
            self._knows(session, key, shared.id, shared.public_id)

    def _actor(self, key: str, role: str) -> Actor:
        return self.world.actor(f"{key}.{role}")

    def _configures(self, key: str, role: str) -> None:
        """Begin configurations, talk about them, share one, keep one as a template, ask an engineer."""
        actor, now = self._actor(key, role), self.world.now
        with self.world.database.writing(actor) as session:
            revision = configurator.newest_revision(session, "video-site", today=business_date(now, "Asia/Shanghai"))
            row = configurator.create_configuration(
                session, actor, name=self.text(key, "Site"), revision=revision, choices=SMALL_SITE,
                customer_id=self.world.customers[key], now=now,
            )  # fmt: skip
            configurator.choose(session, actor, row, "days", 20, version=row.version, now=now)
            self.note(key, "configuration", public_id=row.public_id)
            said = say(session, actor, row, line_key="", body=self.text(key, "Look at this"), now=now)
            self.note(key, "comment", comment_id=said.public_id, public_id=row.public_id)
            say(session, actor, row, line_key="CAM", body=self.text(key, "And this"), now=now)
            manager = self.world.people["supplier.channel_manager"]
            shared = share(session, actor, row, with_person_id=manager, access="edit", message=self.text(key), now=now)
            self.note(key, "share", share_id=shared.public_id, public_id=row.public_id)
            saved = save_template(session, actor, row, name=self.text(key, "Template"), now=now)
            self.note(key, "template", public_id=saved.public_id)
            about = {"key": "", "value": "", "text": self.text(key, "Does it fit?")}
            asked = ask(session, actor, row, **about, now=now)
            self.note(key, "question", public_id=asked.public_id)

    def _sells(self, key: str) -> None:
        """Draft, issue, resell and order, with finished documents."""
        actor, now = self._actor(key, "sales"), self.world.now
        today = business_date(now, "Asia/Shanghai")
        with self.world.database.writing(actor) as session:
            row = session.scalars(_own(actor)).one()
            terms = terms_of(session, row.organisation_id)
            texts = {name: self.text(key)[:60] for name in TEXTS}
            save_letterhead(session, actor, terms, texts, version=0, now=now)
            picture = BytesIO()
            Image.new("RGB", (40, 20), "navy").save(picture, "PNG")
            set_logo(session, actor, terms, picture.getvalue(), now=now)
            draft = deals.draft_quote(session, actor, row, terms, now=now, today=today)
            self.note(key, "quote", public_id=draft.public_id)
            wish = {"percent_bps": 2000, "own": {}, "reason": self.text(key), "version": draft.version}
            ask_special_price(session, actor, draft, **wish, now=now, today=today)
            approval = of_thing(session, "quote", draft.id)
            assert approval is not None
            self.note(key, "approval", public_id=approval.public_id)
            issued = [deals.draft_quote(session, actor, row, terms, now=now, today=today) for _ in range(2)]
            for quote in issued:
                self._say(session, actor, quote, key)
                deals.issue_quote(session, actor, quote, terms, version=quote.version, now=now, today=today)
                self.note(key, "quote", public_id=quote.public_id)
            resale = begin_resale(session, actor, issued[0], terms, now=now, today=today)
            said = {name: self.text(key) for name in OWNED_TEXTS}
            wish = Wish(resale.customer_id, said, 30, 1300, "partner", 1500, None, {})
            edit_resale(session, actor, resale, terms, wish, version=resale.version, now=now)
            issue_resale(session, actor, resale, terms, version=resale.version, now=now, today=today)
            self.note(key, "resale", public_id=resale.public_id)
            link, self.offers[key] = make_link(
                session, actor, resale, expires_on=today + timedelta(days=3), now=now, today=today
            )
            self.note(key, "link", public_id=resale.public_id, link_id=link.public_id)
            said_there = [self.text(key)] * 3
            details = OrderDetails(self.text(key, "PO"), today, *said_there, f"form-{key}")
            order = place_order(session, actor, issued[1], terms, details, now=now, today=today)
            self.note(key, "order", public_id=order.public_id)
        with self.world.database.writing(approver := self._actor("supplier", "approver")) as session:
            seen(session, approver, session.get_one(ApprovalRequest, approval.id), now=now)
        self._finish_documents(key)
        owner = self._actor(key, "owner")
        with self.world.database.writing(owner) as session:
            token, self.tokens[key] = make_token(
                session,
                owner,
                name=self.text(key),
                scopes=[scope.value for scope in OFFERED[OrganisationKind.PARTNER]],
                days=90,
                now=now,
            )
            self.note(key, "token", public_id=token.public_id)

    def _say(self, session: ScopedSession, actor: Actor, quote: Quote, key: str) -> None:
        deals.edit_quote(
            session, actor, quote, title=self.text(key, "Quote"), customer_id=self.world.customers[key],
            note=self.text(key), validity_days=30, version=quote.version, now=self.world.now,
        )  # fmt: skip

    def _finish_documents(self, key: str) -> None:
        """Put something that names the organisation where the worker would put the PDFs."""
        content = f"%PDF-1.7 {self.words[key]}".encode()
        ready = {"state": "ready", "content": content, "size": len(content), "ready_at": self.world.now}
        with self.world.database.writing(SYSTEM) as session:
            for document in (QuoteDocument, ResaleDocument, OrderDocument):
                own = document.organisation_id == self.world.organisations[key]
                session.execute(update(document).where(own).values(ready))

    def _registers(self, key: str) -> None:
        """Register one project that is protected and one in review, with evidence, a file and a customer to work on."""
        who, world = f"{key}.sales", self.world
        registering = Registrations(world, today_of(world))
        wiring.install()
        said = {"competitors": self.text(key), "note": self.text(key)}
        rows = [registering.register(who, world.customers[key], site=self.text(key, site), **said) for site in "AB"]
        registering.decide(rows[0], Verdict.APPROVED, note=self.text(key, "Fine"))
        shown = Evidence("visit", registering.day, self.text(key, "Met"))
        registering.step(who, rows[0], operations.extend, shown)
        for row_id in rows:
            row = registering.get(row_id)
            self.note(key, "registration", public_id=row.public_id)
            stream = BytesIO(self.text(key, "Visit report").encode())
            file = registering.step(who, row_id, partial(self._attach, stream, f"{self.words[key]}.txt"))
            self.note(key, "upload", public_id=row.public_id, file_id=file)
        with world.database.writing(SYSTEM) as session:
            held = CustomerHolding(
                organisation_id=world.organisations[key], person_id=world.people[who], source="assigned",
                customer_id=world.customers[key], since=registering.day, worked_on=registering.day,
            )  # fmt: skip
            session.add(held)
            session.flush()
            self.note(key, "holding", public_id=held.public_id)
            done = {"happened_on": registering.day, "note": self.text(key), "created_at": world.now}
            session.add(HoldingActivity(organisation_id=held.organisation_id, holding_id=held.id, **done))

    def _hands_over(self, key: str) -> None:
        """Hand a customer from one person to another."""
        given = bare_customer(self.world, key, self.text(key, "Given"))
        made = hand_over(self.world, f"{key}.owner", key, f"{key}.sales", given, note=self.text(key))
        self.note(key, "transfer", public_id=made.public_id)
        with self.world.database.reading(SYSTEM) as session:
            own = QuoteDocument.organisation_id == self.world.organisations[key]
            document = session.scalars(select(QuoteDocument.public_id).where(own).limit(1)).one()
        self.note(key, "transfer_paper", public_id=made.public_id, document_id=document)

    def _stands(self, key: str, owner: str) -> None:
        """Let a piece of equipment that a partner set up stand at an organisation."""
        with self.world.database.writing(SYSTEM) as session:
            its = {"organisation_id": self.world.organisations[owner]}
            site = Site(
                **its, party_id=self.world.organisations[key], name=self.text(key, "Site"), address=self.text(key)
            )
            session.add(site)
            session.flush()
            product = session.scalars(select(Product.id).order_by(Product.id).limit(1)).one()
            item = InstalledItem(**its, site_id=site.id, product_id=product, serial=self.words[key], state="installed")
            session.add(item)
            session.flush()
            self.note(key, "item", public_id=item.public_id)

    def _talks(self, key: str, role: str) -> None:
        """Talk with the house in a ticket, with a file, a half-written answer and a note that the house makes of it."""
        names = converse(self.world, f"{key}.{role}", self.words[key])
        at = {"public_id": names["public_id"]}
        self.note(key, "talk", **at)
        self.note(key, "talk_message", **at, message_id=names["message_id"])
        for file in (names["file_id"], names["draft_file_id"]):
            self.note(key, "talk_file", **at, file_id=file)
        self._belong(key, f"{key}.{role}", names["public_id"])
        for kind, its in serve(self.world, names["public_id"], self.words[key]).items():
            self.note(key, kind, **its)

    def _belong(self, key: str, who: str, public_id: str) -> None:
        """Link the ticket to another one of the same organisation, follow it, and ask how satisfied somebody is."""
        actor, now, person = self.world.actor(who), self.world.now, self.world.people[who]
        said = Opening(form_key=f"other-{who}", subject=self.text(key, "Also"), body=self.text(key), kind="question")
        with self.world.database.writing(actor) as session:
            open_ticket(session, actor, said, now=now, today=now.date())
        with self.world.database.writing(SYSTEM) as session:
            own = select(Ticket).where(Ticket.organisation_id == self.world.organisations[key])
            one = session.scalars(own.where(Ticket.public_id == public_id)).one()
            other = session.scalars(own.where(Ticket.id != one.id).order_by(Ticket.id.desc()).limit(1)).one()
            its: dict[str, Any] = {"ticket_id": one.id, "organisation_id": one.organisation_id}
            session.add(TicketLink(**its, other_id=other.id, kind="related", created_at=now))
            followed = session.scalars(select(TicketFollower.person_id).where(TicketFollower.ticket_id == one.id)).all()
            if person not in followed:
                session.add(TicketFollower(**its, person_id=person, created_at=now))
            word = {"token_hash": self.words[key], "comment": self.text(key, "Good"), "points": 5, "rated_at": now}
            session.add(TicketRating(**its, **word, asked_at=now, expires_at=now))

    def _attach(self, stream, name, session, actor, row, *, now, **_at) -> str:  # type: ignore[no-untyped-def]
        store = LocalStore(self.world.settings.files_folder)
        return keep(session, actor, row, stream, name, store=store, now=now).public_id

    def _people(self, key: str) -> None:
        """Invite somebody, tell people things, note installed devices."""
        owner, now = self._actor(key, "owner"), self.world.now
        organisation = self.world.organisations[key]
        word = self.words[key]
        with self.world.database.writing(owner) as session:
            roles = [Role.SALES if key in PARTNERS else Role.CUSTOMER]
            somebody = {"email": f"new.{word}@example.com", "name": self.text(key, "New"), "locale": "en"}
            own = session.get_one(Organisation, organisation)
            invited = accounts.invite(session, owner, own, roles=roles, now=now, **somebody)
            self.note(key, "invitation", public_id=invited.public_id)
        with self.world.database.writing(SYSTEM) as session:
            for person_id in session.scalars(select(Person.id).where(Person.organisation_id == organisation)).all():
                notice = tell(session, person_id, "shared_view", {"name": self.text(key), "person": word}, "/", now)
                session.flush()
                self.note(key, "notice", public_id=notice.public_id)
            place = Site(organisation_id=organisation, party_id=self.world.customers[key], name=self.text(key))
            session.add(place)
            session.flush()
            product = session.scalars(select(Product.id).order_by(Product.id.desc()).limit(1)).one()
            there = {"site_id": place.id, "product_id": product, "serial": word, "state": "installed"}
            session.add(InstalledItem(organisation_id=organisation, **there))

    def _send(self, customer: str, partner: str) -> None:
        """Let a customer send a configuration to his distributor, who makes his own of it."""
        actor, now = self._actor(customer, "customer"), self.world.now
        with self.world.database.writing(actor) as session:
            name = session.scalars(_own(actor)).one().public_id
        with self.world.database.reading(SYSTEM) as session:
            to = session.get_one(Party, self.world.organisations[partner]).public_id
        with self.world.database.writing(actor) as session:
            row = session.scalars(select(Configuration).where(Configuration.public_id == name)).one()
            send(session, actor, row, to, now=now)
        buyer = self._actor(partner, "sales")
        with self.world.database.writing(buyer) as session:
            row = session.scalars(select(Configuration).where(Configuration.public_id == name)).one()
            take_over(session, buyer, row, today=business_date(now, "Asia/Shanghai"), now=now)


def _own(actor: Actor) -> Select[Configuration]:
    """Select the first configuration of somebody's organisation, whatever else he may see."""
    mine = Configuration.organisation_id == actor.organisation_id
    return select(Configuration).where(mine).order_by(Configuration.id).limit(1)
