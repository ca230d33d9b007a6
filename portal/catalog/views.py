"""Pages of products."""

from flask import Blueprint

blueprint = Blueprint("catalog", __name__)
