"""The whole exception tree, by cause.

RexlabError
├── InputError              the user gave something that cannot be used        (exit code 2, never retried)
│   ├── ManifestError          a task.toml or harness.toml is wrong
│   ├── FunctionNotFoundError  a maskable function is not in the code, or its name is ambiguous
│   ├── MaskingError           masking would leave a file that does not parse
│   ├── NotFoundError          no such task, run, trial, harness or agent
│   └── PatchFormatError       a patch handed in from outside is not a git diff
├── PatchRejectedError         what an agent changed must not be applied             (outcome patch_rejected)
└── InfrastructureError        the platform failed, not the agent           (outcome infra_error, may be retried)
    ├── SandboxError           a sandbox could not be made, used or ended
    ├── SandboxUnavailableError  this machine lacks what a sandbox backend needs
    ├── EnvironmentBuildError  a task's or a harness's requirements could not be installed
    ├── GatewayError           the gateway to models does not start, does not answer, or broke off
    ├── BrokerError            Redis, which carries trials to workers, is unreachable or refuses
    └── StoreError             the store is unreachable, full, or of another schema
"""


class RexlabError(Exception):
    """Base of every error rexlab raises on purpose; its text is one sentence for the person at the keyboard."""


class InputError(RexlabError):
    """The user gave something that cannot be used; the text says what, where, and what to do."""


class ManifestError(InputError):
    """A manifest is wrong; the text names the file, the key and the remedy."""


class FunctionNotFoundError(InputError):
    """A function named in a manifest or on the command line is not in the code, or its name fits several."""


class MaskingError(InputError):
    """Masking would not leave a file that parses; nothing was written."""


class NotFoundError(InputError):
    """No task, run, trial or harness has that name."""


class PatchFormatError(InputError):
    """A patch handed in from outside is not a git diff."""


class PatchRejectedError(RexlabError):
    """A patch reaches outside the workspace, is too large, or does not apply to the masked base."""


class InfrastructureError(RexlabError):
    """The platform failed, not the agent; only these are worth a retry."""


class SandboxError(InfrastructureError):
    """A sandbox could not be made, used or ended."""


class SandboxUnavailableError(InfrastructureError):
    """This machine lacks what a sandbox backend needs; the text says how to get it."""


class EnvironmentBuildError(InfrastructureError):
    """A task's or a harness's requirements could not be locked or installed."""


class GatewayError(InfrastructureError):
    """The gateway to models does not start, does not answer, or broke off."""


class StoreError(InfrastructureError):
    """The store is unreachable, full, or has another schema than this version expects."""


class BrokerError(InfrastructureError):
    """Redis, which carries trials to workers, is unreachable or refuses; the text says where, without a password."""
