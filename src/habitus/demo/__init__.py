"""`habitus demo`: made people, one of them reconstructed from one view, compared with the truth."""

from habitus.demo.run import run_demo

__all__ = ["run_demo"]
