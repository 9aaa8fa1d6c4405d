"""From events to frozen mails: plan editions, compose and build them, hold, correct and verify them."""
