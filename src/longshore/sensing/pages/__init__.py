"""What people see of devices and of what they said."""

from longshore.sensing.pages.devices import urlpatterns as devices
from longshore.sensing.pages.labels import urlpatterns as labels
from longshore.sensing.pages.portals import urlpatterns as portals

urlpatterns = [*labels, *portals, *devices]

__all__ = ["urlpatterns"]
