"""Whether the host is healthy and ready to work: looked at, and changed in nothing."""

from glowtify_adapters.doctor.doctor import Doctor
from glowtify_adapters.doctor.visit import Diagnosis, Host, Verdict

__all__ = ["Diagnosis", "Doctor", "Host", "Verdict"]
