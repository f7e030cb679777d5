using GpuGrants.People;

namespace GpuGrants.Tests.People;

public sealed class DomainNameTests
{
    [Theory]
    [InlineData("ac.kr")]
    [InlineData("edu")]
    [InlineData("example.org")]
    [InlineData("1e100.net")]
    [InlineData("xn--3e0b707e")]
    public void A_domain_in_its_one_form_is_a_suffix_of_others(string text) => Assert.True(DomainName.IsSuffix(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("127.0.0.1")]
    [InlineData("10.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f.0x1")]
    [InlineData("[::1]")]
    [InlineData("fe80::1")]
    [InlineData("AC.KR")]
    [InlineData("ac.kr.")]
    [InlineData(".kr")]
    [InlineData("ac..kr")]
    [InlineData("-ac.kr")]
    [InlineData("ac-.kr")]
    [InlineData("a_c.kr")]
    [InlineData("a c.kr")]
    [InlineData("@ac.kr")]
    [InlineData("*.ac.kr")]
    [InlineData("한국.kr")]
    [InlineData("ac\u3002kr")]
    public void Addresses_of_hosts_and_other_spellings_are_none(string? text) => Assert.False(DomainName.IsSuffix(text));

    [Fact]
    public void A_label_has_63_characters_at_most_and_a_name_253()
    {
        Assert.True(DomainName.IsSuffix(new string('a', 63) + ".kr"));
        Assert.False(DomainName.IsSuffix(new string('a', 64) + ".kr"));
        Assert.False(DomainName.IsSuffix(string.Join('.', Enumerable.Repeat(new string('a', 62), 5)) + ".kr"));
    }
}
