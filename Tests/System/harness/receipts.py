"""What remains of an inference: a receipt that anybody can verify offline, and nobody can change."""

import json

from .processes import Failure

REFUSED = 3


def receipt(world):
    """One inference's bundle verifies with its preimages; changed ones do not."""
    bundle, request, response = (
        world.path(f"digit.{end}") for end in ("ephr", "request", "response"))
    code, output, errors = world.infer_digits(
        world.first, world.policy, "--receipt", bundle, "--save-request", request,
        "--save-response", response)
    if code != 0:
        raise Failure(f"infer: exit code {code}: {errors}{output}")
    named_in_words(world, output)
    # The host that could interfere is not asked: verify has no address.
    code, report, output = verify(
        world, bundle, "--request", request, "--response", response, "--topology", world.digits)
    if code != 0 or report["verdict"] != "accepted":
        raise Failure(f"verify: exit code {code}: {output}")
    if report["root"] != f"custom root {world.root.digest}" or report["securityMode"] != "evaluation":
        raise Failure(f"verify names root {report['root']}, mode {report['securityMode']}")
    if report["wipe"] is None:
        raise Failure("no wipe report in the bundle")
    unproven = [check["name"] for check in report["checks"] if check["passed"] is None]
    if set(unproven) - {"modelHash"}:
        raise Failure(f"skipped: {unproven}")
    code, output, _ = world.client("verify", bundle, "--policy", world.policy)
    named_in_words(world, output)
    return "verified offline; " + ", ".join(changed(world, bundle, request, response))


def verify(world, bundle, *options):
    """`verify --json`: exit code, report, output."""
    code, output, errors = world.client(
        "verify", bundle, "--policy", world.policy, *options, "--json")
    try:
        return code, json.loads(output), output
    except ValueError:
        raise Failure(f"verify: exit code {code}: {errors or output}") from None


def named_in_words(world, output):
    """What people read names the root, and says what it is good for."""
    if f"custom root {world.root.digest}" not in output or "evaluation" not in output.lower():
        raise Failure(f"no custom root is named in:\n{output}")


def changed(world, bundle, request, response):
    """Another byte of the bundle, another request, another policy: each refused by name."""
    data = bytearray(bundle.read_bytes())
    # Within the receipt's own signature: the last bytes of the second item of the array.
    length = int.from_bytes(data[3:5], "big")
    assert data[2] == 0x59, "the receipt is not the second item"
    data[5 + length - 1] ^= 1
    forged = world.path("forged.ephr")
    forged.write_bytes(data)
    aws = world.path("receipt-aws.json")
    aws.write_bytes(world.measured(world.image))
    attempts = [
        ("receiptSignature", [forged, "--policy", world.policy]),
        ("responseHash", [bundle, "--policy", world.policy, "--response", request]),
        ("untrustedRoot", [bundle, "--policy", aws]),
    ]
    for check, arguments in attempts:
        code, output, errors = world.client("verify", *arguments, "--json")
        if code != REFUSED or check not in json.loads(output or "{}").get("failed", []):
            raise Failure(f"verify: exit code {code}, not {check}: {errors}{output}")
    return [check for check, _ in attempts]
