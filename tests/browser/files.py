"""Files served under a strict content security policy."""

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'"


class _Files(SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", f"{POLICY}; require-trusted-types-for 'script'")
        super().end_headers()

    def log_message(self, *arguments):
        pass


@contextmanager
def serving_files(folder):
    """Serves the files of a folder until the block ends, at the URL that it yields."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=folder))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
