#pragma once

// A file system that is the machine's but for its syncs of write-ahead logs: they are counted, can
// be made to fail, and can be held up until the test lets them go on.

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace usher {

class DiskFake final : public rocksdb::FileSystemWrapper {
 public:
  DiskFake() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  static const char* kClassName() { return "DiskFake"; }
  const char* Name() const override { return kClassName(); }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (status.ok() && name.ends_with(".log")) {
      *file = std::make_unique<Log>(std::move(*file), *this);
    }
    return status;
  }

  [[nodiscard]] int syncs() const { return syncs_; }
  void fail_syncs(bool fails) { fails_ = fails; }
  void fail_writes(bool fails) { fails_writes_ = fails; }
  // The next sync does not end before let_go().
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }
  // Returns when a sync is being held up.
  void wait_for_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_; });
  }

 private:
  class Log final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    Log(std::unique_ptr<rocksdb::FSWritableFile>&& file, DiskFake& disk)
        : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}
    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      if (disk_.fails_writes_) return rocksdb::IOStatus::NoSpace("the fake disk is full");
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
      if (auto status = disk_.before_sync(); !status.ok()) return status;
      return FSWritableFileOwnerWrapper::Sync(options, debug);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      if (auto status = disk_.before_sync(); !status.ok()) return status;
      return FSWritableFileOwnerWrapper::Fsync(options, debug);
    }

   private:
    DiskFake& disk_;
  };

  rocksdb::IOStatus before_sync() {
    ++syncs_;
    std::unique_lock lock(mutex_);
    if (held_) {
      waiting_ = true;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !held_; });
      waiting_ = false;
    }
    return fails_ ? rocksdb::IOStatus::IOError("the fake disk does not sync")
                  : rocksdb::IOStatus::OK();
  }

  std::atomic<int> syncs_{0};
  std::atomic<bool> fails_{false};
  std::atomic<bool> fails_writes_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool waiting_ = false;
};

}  // namespace usher
