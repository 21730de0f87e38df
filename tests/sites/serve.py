"""A plain server of files on a free port, as a host for static sites is; /csp/ with the policy that its site asks for.

    python serve.py FOLDER [CDN]    CDN: what stands in the pages' place for https://cdn.example/
"""

import http.server
import sys

FOLDER = sys.argv[1]
CDN = sys.argv[2] if len(sys.argv) > 2 else None
STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:"


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments):
        super().__init__(*arguments, directory=FOLDER)

    def do_GET(self):
        if not (CDN and self.path.startswith("/cdn/") and self.path.endswith(".html")):
            return super().do_GET()
        with open(FOLDER + self.path, encoding="utf-8") as file:
            page = file.read().replace("https://cdn.example/", CDN).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def end_headers(self):
        # As every host of scripts for others does.
        self.send_header("Access-Control-Allow-Origin", "*")
        if self.path.startswith("/csp/"):
            self.send_header("Content-Security-Policy", STRICT)
        super().end_headers()

    def log_message(self, *_):
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
