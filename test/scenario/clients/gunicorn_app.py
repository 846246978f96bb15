# SPDX-License-Identifier: MIT
# gunicorn_app.py -- what gunicorn serves, for clients_test.c.


def answer(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]
