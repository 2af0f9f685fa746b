"""GOV.UK Notify: two requests, to send and to ask, and no client library (its own is not safe between threads)."""
