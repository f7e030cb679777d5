using GpuGrants.People;

namespace GpuGrants.Tests.People;

public sealed class ProvableDomainTests
{
    [Theory]
    [InlineData("hangang.example", DomainFault.None)]
    [InlineData("snu.ac.kr", DomainFault.None)]
    [InlineData("cs.snu.ac.kr", DomainFault.None)]
    [InlineData("한강.한국", DomainFault.None)]
    [InlineData("com", DomainFault.NoDomain)]
    [InlineData("hangang.example.", DomainFault.NoDomain)]
    [InlineData("no domain", DomainFault.NoDomain)]
    [InlineData("", DomainFault.NoDomain)]
    [InlineData("localhost", DomainFault.NoDomain)]
    [InlineData("127.0.0.1", DomainFault.NoDomain)]
    [InlineData("127.1", DomainFault.NoDomain)]
    [InlineData("127.0x1", DomainFault.NoDomain)]
    [InlineData("[::1]", DomainFault.NoDomain)]
    [InlineData("１２７.０.０.１", DomainFault.NoDomain)]
    [InlineData("mailbox.org", DomainFault.MailService)]
    [InlineData("riseup.net", DomainFault.MailService)]
    [InlineData("disroot.org", DomainFault.MailService)]
    [InlineData("mozmail.com", DomainFault.MailService)]
    [InlineData("co.kr", DomainFault.PublicSuffix)]
    [InlineData("ac.kr", DomainFault.PublicSuffix)]
    [InlineData("github.io", DomainFault.PublicSuffix)]
    [InlineData("gmail.com", DomainFault.MailService)]
    [InlineData("GMail.com", DomainFault.MailService)]
    [InlineData("anything.gmail.com", DomainFault.MailService)]
    [InlineData("naver.com", DomainFault.MailService)]
    [InlineData("tutanota.com", DomainFault.MailService)]
    [InlineData("mail.portal.example", DomainFault.MailService)]
    public void A_domain_that_anybody_has_shows_no_organization(string text, DomainFault expected) =>
        Assert.Equal(expected, ProvableDomain.Check(DomainName.Parse(text), ["mail.portal.example"]));

    [Fact]
    public void A_domain_leaves_room_for_the_label_of_its_record()
    {
        var label = new string('a', 63);
        var longest = $"{label}.{label}.{label}.{new string('a', ProvableDomain.MaxLength - (3 * 64) - 8)}.example";
        Assert.Equal(DomainFault.None, ProvableDomain.Check(DomainName.Parse(longest), []));
        Assert.Equal(DomainFault.NoDomain, ProvableDomain.Check(DomainName.Parse("a" + longest), []));
    }

    /// <summary>The examples of publicsuffix.org's own test, as far as they ask for suffixes.</summary>
    [Theory]
    [InlineData("jp", true)]
    [InlineData("test.jp", false)]
    [InlineData("kyoto.jp", true)]
    [InlineData("c.kobe.jp", true)]
    [InlineData("b.c.kobe.jp", false)]
    [InlineData("city.kobe.jp", false)]
    [InlineData("ck", true)]
    [InlineData("test.ck", true)]
    [InlineData("www.ck", false)]
    [InlineData("xn--55qx5d.cn", true)]
    [InlineData("xn--85x722f.xn--55qx5d.cn", false)]
    [InlineData("nobody-knows-it", true)]
    public void Wildcards_and_their_exceptions_are_read(string name, bool isSuffix) =>
        Assert.Equal(isSuffix, PublicSuffixes.Known.IsSuffix(name));

    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("x1.mail.example.com", "example.com")]
    [InlineData("dept.uni.ac.uk", "uni.ac.uk")]
    [InlineData("a.b.c.kobe.jp", "b.c.kobe.jp")]
    [InlineData("a.city.kobe.jp", "city.kobe.jp")]
    [InlineData("a.www.ck", "www.ck")]
    [InlineData("co.uk", "co.uk")]
    [InlineData("a.nobody-knows-it", "a.nobody-knows-it")]
    public void A_name_belongs_to_the_domain_that_somebody_registered(string name, string registered) =>
        Assert.Equal(registered, PublicSuffixes.Known.RegisteredOf(name));
}
