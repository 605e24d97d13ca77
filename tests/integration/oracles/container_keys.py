"""Prints the keys of a container as dissect.hypervisor reads them: a JSON object, bytes as lists."""

import json
import sys

from dissect.hypervisor.descriptor.hyperv import HyperVFile

with open(sys.argv[1], "rb") as file:
    print(json.dumps(HyperVFile(file).as_dict(), default=list))
