#include "oauth/credential_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "oauth/credential_document.h"

namespace weir::oauth {
namespace {

class CredentialFileTest : public testing::Test {
 protected:
  CredentialFileTest() {
    std::string pattern = testing::TempDir() + "credentials-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~CredentialFileTest() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/credentials.json"; }
  void Write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream(path(), std::ios::trunc) << text;
    ASSERT_EQ(::chmod(path().c_str(), mode), 0);
  }
  std::string Contents() const {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
};

const Client kKeptClient{.issuer = "https://as.example",
                         .id = "id",
                         .secret = "secret-1",
                         .auth = TokenAuth::kSecretBasic,
                         .redirect_uri = "http://127.0.0.1:5/callback",
                         .secret_expires_us = 7};
const Tokens kKeptTokens{.issuer = "https://as.example",
                         .client_id = "id",
                         .resource = "https://mcp.example/mcp",
                         .access_token = "secret-2",
                         .refresh_token = "secret-3",
                         .scopes = {"a", "b"},
                         .expires_us = 9};

TEST_F(CredentialFileTest, AFileThatOthersCanReadIsNotUsed) {
  for (const mode_t mode : {0640, 0604, 0620, 0644, 0666}) {
    Write(CredentialText({}), mode);
    CredentialFile file(folder_);
    const auto found = file.FindClient("https://as.example");
    ASSERT_FALSE(found) << mode;
    EXPECT_EQ(found.error().code, ErrorCode::kPermissionDenied);
    EXPECT_FALSE(file.PutClient(kKeptClient));
    EXPECT_EQ(Contents(), CredentialText({}));
  }
}

TEST_F(CredentialFileTest, ALinkOrAFolderIsNotUsed) {
  std::filesystem::create_directory(path());
  EXPECT_FALSE(CredentialFile(folder_).FindClient("x"));
  std::filesystem::remove(path());
  std::ofstream(folder_ + "/real") << CredentialText({});
  ASSERT_EQ(::chmod((folder_ + "/real").c_str(), 0600), 0);
  std::filesystem::create_symlink("real", path());
  EXPECT_FALSE(CredentialFile(folder_).FindTokens("x"));
}

TEST_F(CredentialFileTest, ADamagedFileCountsAsAnErrorAndIsNotOverwritten) {
  CredentialDocument document;
  document.clients[kKeptClient.issuer] = kKeptClient;
  document.tokens["https://mcp.example/mcp"] = kKeptTokens;
  const std::string good = CredentialText(document);
  const auto damaged = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
  };
  for (const std::string& text :
       {std::string(), good.substr(0, good.size() / 2), std::string("[]"),
        damaged("\"version\":1", "\"version\":2"), damaged("\"tokens\"", "\"token\""),
        damaged("\"issuer\":\"https://as.example\"", "\"issuer\":\"\""),
        damaged("client_secret_basic", "magic"),
        damaged("\"secret_expires_us\":7", "\"secret_expires_us\":-7"),
        damaged("\"expires_us\":9", "\"expires_us\":\"9\""), damaged("\"secret-2\"", "\"a\\nb\""),
        damaged("\"scope\":\"a b\"", "\"scope\":\"a b\",\"more\":1"),
        damaged("\"scope\":\"a b\",", "")}) {
    Write(text);
    CredentialFile file(folder_);
    const auto found = file.FindTokens("https://mcp.example/mcp");
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().code, ErrorCode::kCorruptData) << text;
    EXPECT_EQ(found.error().message.find("secret-"), std::string::npos);
    EXPECT_FALSE(file.PutTokens("x", kKeptTokens));
    EXPECT_EQ(Contents(), text);
  }
}

TEST_F(CredentialFileTest, KeepsWhatItIsGivenForTheNextProcessAndTellsNobody) {
  {
    CredentialFile file(folder_);
    EXPECT_FALSE(*file.FindClient(kKeptClient.issuer));
    ASSERT_TRUE(file.PutClient(kKeptClient));
    ASSERT_TRUE(file.PutTokens("https://mcp.example/mcp", kKeptTokens));
  }
  struct stat info;
  ASSERT_EQ(::stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
  CredentialFile file(folder_);
  EXPECT_EQ(*file.FindClient(kKeptClient.issuer), kKeptClient);
  EXPECT_EQ(*file.FindTokens("https://mcp.example/mcp"), kKeptTokens);
  EXPECT_FALSE(*file.FindClient("https://as.example/"));
  EXPECT_FALSE(*file.FindTokens("https://mcp.example/"));
  ASSERT_TRUE(file.ForgetTokens("https://mcp.example/mcp"));
  ASSERT_TRUE(file.ForgetClient(kKeptClient.issuer));
  EXPECT_EQ(Contents(), CredentialText({}));
}

TEST_F(CredentialFileTest, LosesNothingWhenManyWriteAtOnce) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        CredentialFile file(folder_);
        Tokens tokens = kKeptTokens;
        EXPECT_TRUE(file.PutTokens("https://server/" + std::to_string(i), tokens));
      });
    }
  }
  CredentialFile file(folder_);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(*file.FindTokens("https://server/" + std::to_string(i)));
}

TEST(MemoryCredentialStore, KeepsAndForgets) {
  MemoryCredentialStore store;
  ASSERT_TRUE(store.PutClient(kKeptClient));
  ASSERT_TRUE(store.PutTokens("u", kKeptTokens));
  EXPECT_EQ(*store.FindClient(kKeptClient.issuer), kKeptClient);
  EXPECT_EQ(*store.FindTokens("u"), kKeptTokens);
  ASSERT_TRUE(store.ForgetClient(kKeptClient.issuer));
  ASSERT_TRUE(store.ForgetTokens("u"));
  EXPECT_FALSE(*store.FindClient(kKeptClient.issuer));
  EXPECT_FALSE(*store.FindTokens("u"));
}

}  // namespace
}  // namespace weir::oauth
