"""A simulated business whose truth is known: a test instrument first, a demo second.

`plan.Plan` says what is simulated, `run.simulate` writes it and `run.append` goes on
with it; `docs/simulator.md` describes the world.
"""
