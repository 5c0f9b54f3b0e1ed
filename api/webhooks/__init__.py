"""Webhooks of the Contest API: who wants to be called back, and the calls.

`registry` reads and writes the registrations, which are kept with their accounts; `address` says whom we may call;
`cursor` keeps what each has acknowledged; `caller` makes the calls, in one process of the site at a time.
"""
