using CsCheck;
using GpuGrants.People;

namespace GpuGrants.Tests.People;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("mina@example.org", "mina@example.org")]
    [InlineData("  Mina@Example.ORG ", "mina@example.org")]
    [InlineData("mina+gpu@example.org", "mina@example.org")]
    [InlineData("mina+one+two@example.org", "mina@example.org")]
    [InlineData("+tag@example.org", "+tag@example.org")]
    [InlineData("mina@bücher.example", "mina@xn--bcher-kva.example")]
    [InlineData("mina@XN--BCHER-KVA.example", "mina@xn--bcher-kva.example")]
    public void Case_tags_and_the_spelling_of_the_domain_make_no_other_address(string written, string folded) =>
        Assert.Equal(folded, EmailAddress.Parse(written)?.Folded);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("mina")]
    [InlineData("mina@")]
    [InlineData("@example.org")]
    [InlineData("mina@localhost")]
    [InlineData("mina@example.org.")]
    [InlineData("mina@-example.org")]
    [InlineData("mina@ex ample.org")]
    [InlineData("mi na@example.org")]
    [InlineData("mina@two@example.org")]
    [InlineData(".mina@example.org")]
    [InlineData("mi..na@example.org")]
    [InlineData("\"mina\"@example.org")]
    [InlineData("mina@[127.0.0.1]")]
    [InlineData("mina\r\nBcc: all@example.org")]
    [InlineData("mina\u202e@example.org")]
    public void What_is_no_address_is_refused(string? written) => Assert.Null(EmailAddress.Parse(written));

    [Fact]
    public void An_address_that_is_too_long_is_refused()
    {
        Assert.Null(EmailAddress.Parse(new string('a', 65) + "@example.org"));
        Assert.Null(EmailAddress.Parse("a@" + string.Join('.', Enumerable.Repeat("example", 40)) + ".org"));
    }

    [Fact]
    public void Folding_twice_is_folding_once() =>
        Gen.String[Gen.Char["abcXYZ09.+-_@ü"], 1, 40]
            .Sample(text => EmailAddress.Parse(text) is not { } one || EmailAddress.Parse(one.Folded)?.Folded == one.Folded);
}
