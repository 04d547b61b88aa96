"""Pages: trace, recalls, and what a consumer reads behind a code."""

from longshore.tracing.pages import consumer, recalls, trace

urlpatterns = [*trace.urlpatterns, *recalls.urlpatterns, *consumer.urlpatterns]
