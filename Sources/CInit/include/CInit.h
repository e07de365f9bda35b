// What has to happen before the Swift runtime starts. Linked in, never called.
#pragma once
