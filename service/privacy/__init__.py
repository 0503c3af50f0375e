"""Keeps addresses sealed and people apart: keys, seals, keyed indexes, IP prefixes, writer chains, bans.

Everything that is made from an e-mail or IP address is made here, under a key. Functions take plain
arguments (a Session, the Keyring, a time): this room knows neither Flask nor Redis nor the wiring.

May enter: what seals, hides or forgets. May not: who may look (`accounts`).
"""
