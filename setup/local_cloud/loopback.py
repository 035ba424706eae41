"""HTTP to servers on this machine, where a proxy of the caller's has no business."""

import urllib.request

http = urllib.request.build_opener(urllib.request.ProxyHandler({}))
