"""Whether the API works: whether it lists jobs, for which it asks their store, and plans a job, for
which it asks the database. Ends with an error if not.
"""

import urllib.request

API = "http://127.0.0.1:8080"

urllib.request.urlopen(f"{API}/tasks?limit=1", timeout=15).close()
dry_run = urllib.request.Request(f"{API}/compute_min_distance?dry_run=true", method="POST")
urllib.request.urlopen(dry_run, timeout=15).close()
