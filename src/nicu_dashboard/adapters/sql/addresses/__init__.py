"""Where the store is and how to reach it safely: URLs, providers, TLS, passwords, pools."""
