"""GOV.UK Notify: three requests of its API, and no client library (its own is not safe between threads)."""
