"""The functions that are deployed to the emulator, as its Lambda API tells of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from deploy import STACK_NAME
from environment import aws_client
from loopback import http


@dataclass(frozen=True)
class DeployedFunction:
    """The variables and limits that the template sets for a function."""

    name: str
    variables: Mapping[str, str]
    memory_mb: int
    timeout_seconds: int
    logging: Mapping[str, str]

    @classmethod
    def parse(cls, configuration: Mapping) -> "DeployedFunction":
        return cls(
            configuration["FunctionName"],
            configuration.get("Environment", {}).get("Variables", {}),
            configuration["MemorySize"],
            configuration["Timeout"],
            configuration.get("LoggingConfig", {}),
        )

    def environment(self, endpoint: str) -> dict[str, str]:
        """All that its process finds in the environment: Lambda's own variables too."""
        lambda_variables = {
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.timeout_seconds),
            "AWS_LAMBDA_LOG_FORMAT": self.logging.get("LogFormat", "Text"),
            "AWS_LAMBDA_LOG_LEVEL": self.logging.get("ApplicationLogLevel", "INFO"),
        }
        return {**self.variables, **lambda_variables, **aws_client(endpoint)}


def functions(endpoint: str) -> dict[str, DeployedFunction]:
    """Each of them by its name in the template."""
    with http.open(f"{endpoint}/2015-03-31/functions/?MaxItems=100", timeout=30) as response:
        configurations = json.load(response)["Functions"]
    deployed = map(DeployedFunction.parse, configurations)
    return {
        function.name.removeprefix(f"{STACK_NAME}-").rpartition("-")[0]: function
        for function in deployed
        if function.name.startswith(f"{STACK_NAME}-")
    }
