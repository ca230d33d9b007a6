"""Pages of the administrator."""

from flask import Blueprint

blueprint = Blueprint("administration", __name__)
