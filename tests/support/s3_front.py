"""moto's S3 with a bucket `rows`, for as long as this process lives.

usage: s3_front.py PORT

Writes the port that it listens on to PORT, a FIFO or a file.
"""

import logging
import signal
import sys
import urllib.request

from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
request = urllib.request.Request(
    f"http://127.0.0.1:{port}/rows", method="PUT",
    headers={"Authorization": "AWS4-HMAC-SHA256 "
             "Credential=id/20260101/us-east-1/s3/aws4_request, "
             "SignedHeaders=host, Signature=x"})
urllib.request.urlopen(request).close()
with open(sys.argv[1], "w", encoding="ascii") as out:
    print(port, file=out)
signal.pause()
