#include "connectors/net/http_reply.h"

#include <boost/asio/post.hpp>

namespace vedette::connectors {

void HttpThread::detach() {
  const std::lock_guard lock(mutex_);
  io_ = nullptr;
  woken_.clear();
}

void HttpThread::wake(std::shared_ptr<HttpResponder::Reply> reply) {
  const std::lock_guard lock(mutex_);
  if (io_ == nullptr) return;
  woken_.push_back(std::move(reply));
  if (woken_.size() == 1) boost::asio::post(*io_, [self = shared_from_this()] { self->deliver(); });
}

void HttpThread::deliver() {
  std::vector<std::shared_ptr<HttpResponder::Reply>> woken;
  {
    const std::lock_guard lock(mutex_);
    woken.swap(woken_);
  }
  for (const auto& reply : woken) {
    if (reply->waiter != nullptr) reply->waiter->cancel();
  }
}

void HttpResponder::Reply::answer(HttpResponse response) {
  {
    const std::lock_guard lock(mutex_);
    if (answered_) return;
    answered_ = true;
    response_ = std::move(response);
  }
  thread_->wake(shared_from_this());
}

std::optional<HttpResponse> HttpResponder::Reply::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(response_, std::nullopt);
}

// What the copies of a responder share: the last one gone without an answer is a handler that failed.
struct HttpResponder::Promise {
  explicit Promise(std::shared_ptr<Reply> to) : reply(std::move(to)) {}
  ~Promise() { reply->answer(HttpResponse{500, "internal error\n", "text/plain; charset=utf-8", {}}); }
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;
  std::shared_ptr<Reply> reply;
};

HttpResponder::HttpResponder(std::shared_ptr<Reply> reply) : promise_(std::make_shared<Promise>(std::move(reply))) {}

void HttpResponder::send(HttpResponse answer) const { promise_->reply->answer(std::move(answer)); }

}  // namespace vedette::connectors
