#!/usr/bin/python3
"""A loyalty programme to try the worker with: loyalty_receiver.py COMMAND [ARGUMENT...]

Listens on a free port of this machine, runs the command with LOYALTY_URL naming it, prints a line for each document that is posted,
and ends with the command, and as it does. A document that comes again, by its idempotency key, is taken and not counted again."""
import http.server
import json
import os
import subprocess
import sys
import threading

taken = set()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        document = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        key = self.headers['Idempotency-Key']
        amount = f'{(document["total_amount"] or 0) / 10 ** (document["exponent"] or 0):.{document["exponent"] or 0}f}'
        print(f'POST {self.path}: {document["document"]} {document["order_reference"]} of {document["customer_reference"]},'
              f' {amount} {document["currency"]}, {document["points_redeemed"]} points redeemed{", again" if key in taken else ""}',
              flush=True)
        taken.add(key)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


if len(sys.argv) < 2:
    sys.exit(__doc__)
with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Receiver) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f'http://127.0.0.1:{server.server_address[1]}/documents'
    status = subprocess.run(sys.argv[1:], env={**os.environ, 'LOYALTY_URL': url}, check=False).returncode
    server.shutdown()
sys.exit(status)
