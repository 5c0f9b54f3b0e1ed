"""The contract with the outside: Contest API objects, in each version, and event feeds."""
