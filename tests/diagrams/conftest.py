from .gallery import explored_once  # noqa: F401
