#!/usr/bin/python3
# A receiver of loyalty documents that behaves as the reference of the order says, for 040_loyalty_worker.pl: loyalty_receiver.py PORTFILE LOG
#   good-*  takes it             slow-*  takes it after half a second      fail-*  500 on the first try      rate-*  429 with Retry-After: 1 on the first
#   move-*  302 on the first     hang-*  answers too late on the first     drop-*  takes it and hangs up without an answer on the first
#   odd-*   503 with a Retry-After of 5000 digits, and the token in its words, on the first
#   drip-*  sends its answer byte by byte, for ever, on the first          bad-*   400, always
# Every request is a line of LOG: began ended key attempt token status reference.
import http.server
import json
import os
import sys
import threading
import time

lock = threading.Lock()
seen = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, headers=(), body=b'ok\n'):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        began = time.time()
        payload = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        key, reference = self.headers['Idempotency-Key'], payload['order_reference']
        with lock:
            seen[key] = seen.get(key, 0) + 1
            first = seen[key] == 1
        kind, status, act = reference.split('-')[0], 200, None
        if kind == 'bad':
            status = 400
        elif kind == 'slow':
            time.sleep(0.5)
        elif first and kind in ('fail', 'rate', 'move', 'hang', 'drop', 'drip', 'odd'):
            status = {'odd': 503, 'fail': 500, 'rate': 429, 'move': 302}.get(kind, kind)
            act = {'hang': lambda: time.sleep(3), 'drop': lambda: None, 'drip': self.drip}.get(kind)
        if self.path != '/documents' or payload['document_id'] != key:
            status = 404
        with lock, open(sys.argv[2], 'a', encoding='utf-8') as file:
            file.write(f'{began:.3f} {time.time():.3f} {key} {self.headers["X-Attempt"]} {self.headers["Authorization"]} {status} {reference}\n')
        if act is not None:
            self.close_connection = True
            act()
            return
        if status == 503:
            self.answer(status, [('Retry-After', '9' * 5000)], b'you said\n' + self.headers['Authorization'].encode())
            return
        self.answer(status, {'rate': [('Retry-After', '1')], 'move': [('Location', '/elsewhere')]}.get(kind, []) if status != 200 else [])

    def drip(self):
        try:
            self.wfile.write(b'HTTP/1.1 200 OK\r\nX-Slow: ')
            for _ in range(100):
                self.wfile.write(b'x')
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
with open(sys.argv[1] + '.tmp', 'w', encoding='ascii') as port:
    port.write(str(server.server_address[1]))
os.rename(sys.argv[1] + '.tmp', sys.argv[1])
server.serve_forever()
