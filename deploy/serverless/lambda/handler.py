"""AWS Lambda: what the record holds, read through the API; behind an HTTP API, a REST API or a function's URL."""

from mangum import Mangum

from nicu_dashboard.bootstrap import read_only_app

app = read_only_app()
handler = Mangum(app, lifespan="off")
